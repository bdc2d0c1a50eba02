// What is written about a job: its timeline, its books, and its files to take away.

import { download, get } from "../../core/api.js";
import { h, render } from "../../core/dom.js";
import { known, moment, number, t } from "../../core/i18n.js";
import { whyOf } from "../../parts/jobs.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { attempt } from "../../parts/toast.js";

export function openTimeline(panel, job) {
  const load = () => loading(panel, skeleton(4), () => get(`/v1/jobs/${job.id}/timeline`, { limit: 200 }), ({ items }) =>
    h("ol", { class: "panel timeline" }, items.map((entry) => h("li", { class: `timeline-${entry.after.toLowerCase()}` },
      h("strong", {}, known(`kind.${entry.kind}`, entry.kind)),
      h("span", { class: "muted" }, [t(`status.${entry.after}`), because(entry)].filter(Boolean).join(" · ")),
      h("time", { datetime: entry.at, class: "muted" }, moment(entry.at))))));
  load();
  return { take: (next, before) => before && next.status !== before.status && load() };
}

/** What the kind of an entry does not say already. */
function because({ kind, reason, actor }) {
  const [, from, to] = /^from (\w+) to (\w+)$/.exec(reason ?? "") ?? [];
  if (kind === "priority" && to) return `${t(`priority.${from}`)} → ${t(`priority.${to}`)}`;
  return actor === "user" && ["pause", "cancel"].includes(kind) ? null : whyOf(reason);
}

export function openBooks(panel, job) {
  const load = () => loading(panel, skeleton(3), () => get(`/v1/jobs/${job.id}/audit`), (audit) => {
    const names = ["total", "succeeded", "failed", "cancelled", "remaining"];
    const row = (name) => h("tr", { class: audit.recorded[name] === audit.derived[name] ? "" : "bad" }, h("th", { scope: "row" }, t(`audit.${name}`)), h("td", {}, number(audit.recorded[name])), h("td", {}, number(audit.derived[name])));
    return h("div", { class: "panel" },
      h("p", { class: `verdict ${audit.balanced ? "good" : "bad"}` }, t(audit.balanced ? "audit.balanced" : "audit.unbalanced")),
      h("table", { class: "plain" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("audit.what")), h("th", { scope: "col" }, t("audit.recorded")), h("th", { scope: "col" }, t("audit.derived")))), h("tbody", {}, names.map(row))),
      audit.differences.length > 0 && h("ul", { class: "wrong" }, audit.differences.map((each) => h("li", {}, `${known(`difference.${each.code}`, each.message)}: ${number(each.expected)} ≠ ${number(each.actual)}`, each.passing && h("span", { class: "muted" }, ` ${t("audit.passing")}`)))),
      h("div", { class: "buttons" }, h("button", { class: "button button-small", onclick: load }, t("audit.again"))));
  });
  load();
  return { take: (next, before) => before && next.status !== before.status && load() };
}

const FILES = ["results", "items", "errors"];
const FORMATS = { csv: "CSV", ndjson: "NDJSON", parquet: "Parquet" };

export function openExports(panel, job) {
  if (job.total_items === null) return void render(panel, empty(t("exports.none"), t("items.soon")));
  const take = (part, format, button) => async () => {
    button().disabled = true;
    await attempt(() => download(`/v1/jobs/${job.id}/${part}`, { format }, `${part}-${job.id}.${format}`));
    button().disabled = false;
  };
  const button = (part, format) => {
    const element = h("button", { class: "button", "aria-label": `${t(`exports.${part}`)} ${FORMATS[format]}` }, FORMATS[format]);
    element.addEventListener("click", take(part, format, () => element));
    return element;
  };
  render(panel, h("ul", { class: "panel rows" }, FILES.map((part) => h("li", { class: "export" },
    h("div", { class: "grow" }, h("h2", {}, t(`exports.${part}`)), h("p", { class: "muted" }, t(`exports.${part}.text`))),
    h("div", { class: "buttons" }, Object.keys(FORMATS).map((format) => button(part, format)))))));
}
