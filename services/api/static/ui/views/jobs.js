// All jobs, the latest first, their bars alive.

import { debounced, every, h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { href, refine } from "../core/router.js";
import { choice } from "../parts/fields.js";
import { ENDED } from "../parts/jobs.js";
import { jobRow } from "../parts/jobrow.js";
import { listing } from "../parts/listing.js";
import { empty } from "../parts/states.js";

const STATUSES = ["PENDING", "PROCESSING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"];
const TYPES = ["BULK_ASIN", "URL", "KEYWORD"];

export function open(root, _path, query) {
  const filter = { status: query.status ?? "", type: query.type ?? "", tag: query.tag ?? "", q: query.q ?? "" };
  const place = h("section", { class: "panel panel-flush" });
  let shown = null;
  const change = (name) => (value) => {
    filter[name] = value.trim();
    refine(filter);
    shown?.close();
    shown = table(place, filter);
  };
  const words = h("input", { type: "search", class: "grow", value: filter.q, placeholder: t("jobs.search"), "aria-label": t("jobs.search"), oninput: debounced((e) => change("q")(e.target.value), 350) });
  const tag = h("input", { type: "search", value: filter.tag, placeholder: t("jobs.tag"), "aria-label": t("jobs.tag"), oninput: debounced((e) => change("tag")(e.target.value), 350) });
  render(root,
    h("div", { class: "head" }, h("h1", {}, t("nav.jobs"))),
    h("div", { class: "filters" },
      words,
      choice(t("jobs.status"), ["", ...STATUSES], filter.status, change("status"), (s) => (s ? t(`status.${s}`) : t("jobs.any"))),
      choice(t("jobs.type"), ["", ...TYPES], filter.type, change("type"), (s) => (s ? t(`type.${s}`) : t("jobs.any"))),
      tag),
    place);
  shown = table(place, filter);
  return { resume: () => shown.refresh(), close: () => shown.close() };
}

function table(place, filter) {
  const shown = listing(place, { path: "/v1/jobs", query: filter, kind: "jobs", label: t("nav.jobs"), rowOf: (job) => h("div", {}, jobRow(job)), nothing: () => nothing(filter) });
  // Nothing is asked for while nothing on the screen can change but what is new at the top.
  const stop = every(4_000, () => {
    if (!place.isConnected) return null;
    const [first, last] = shown.list.range;
    const alive = shown.source.entries.slice(first, last + 1).some((job) => !ENDED.has(job.status));
    return alive || first === 0 ? shown.refresh() : null;
  });
  return { refresh: shown.refresh, close: () => (stop(), shown.close()) };
}

function nothing(filter) {
  if (filter.status || filter.type || filter.tag || filter.q) return empty(t("jobs.nofit"), t("jobs.nofit.text"));
  return empty(t("jobs.none"), t("jobs.none.text"), h("a", { class: "button button-primary", href: href(["submit"]) }, t("nav.submit")));
}
