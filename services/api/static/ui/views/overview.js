// The first look: how things stand, what runs.

import { get } from "../core/api.js";
import { every, h, render } from "../core/dom.js";
import { day, number, percent, t } from "../core/i18n.js";
import { href } from "../core/router.js";
import { columns } from "../parts/charts.js";
import { jobRow } from "../parts/jobrow.js";
import { empty, loading, skeleton } from "../parts/states.js";

export function open(root) {
  const figures = h("section", { class: "overview-figures" });
  const running = h("section", { class: "panel" });
  render(root, h("h1", {}, t("overview.title")), figures, running);
  loading(figures, skeleton(1, "block"), () => get("/v1/stats"), (stats) => tiles(stats));
  loading(running, skeleton(3), recent, (jobs) => recentJobs(jobs));
  const stop = every(5_000, async () => {
    const jobs = await recent().catch(() => null);
    if (jobs && !running.contains(document.activeElement)) render(running, recentJobs(jobs));
  });
  return { close: stop };
}

const recent = async () => (await get("/v1/jobs", { limit: 6 })).items;

function recentJobs(jobs) {
  if (jobs.length === 0) {
    return empty(t("jobs.none"), t("jobs.none.text"), h("a", { class: "button button-primary", href: href(["submit"]) }, t("nav.submit")));
  }
  return [
    h("div", { class: "panel-head" }, h("h2", {}, t("overview.recent")), h("a", { href: href(["jobs"]) }, t("overview.all"))),
    h("ul", { class: "rows" }, jobs.map((job) => h("li", {}, jobRow(job)))),
  ];
}

function tiles(stats) {
  const tile = (label, value, note, link) =>
    h(link ? "a" : "div", { class: "tile", href: link }, h("span", { class: "tile-label" }, label), h("strong", {}, value), h("span", { class: "muted" }, note));
  const { jobs, products } = stats;
  return [
    h("div", { class: "tiles" },
      tile(t("overview.running"), number(jobs.PROCESSING), t("overview.waiting", { n: number(jobs.PENDING + jobs.PAUSED) }), href(["jobs"], { status: "PROCESSING" })),
      tile(t("overview.success"), percent(stats.success_rate), t("overview.days")),
      tile(t("overview.products"), number(products.total), `${t("overview.today", { n: number(products.collected_24h) })} · ${t("overview.changed", { n: products.changed_24h })}`, href(["products"])),
      tile(t("overview.profitable"), number(products.priced_profitable), products.priced > 0 ? t("overview.priced", { n: products.priced }) : t("overview.unpriced"), href(["products"], products.priced > 0 ? { profitable: "true", priced: "true" } : {}))),
    h("div", { class: "charts" },
      chart(t("overview.hours"), stats.hours, (span, place) => (place % 6 === 0 ? `${new Date(span.since).getHours()}:00` : "")),
      chart(t("overview.week"), stats.days, (span) => day(span.since))),
  ];
}

function chart(title, spans, nameOf) {
  const tip = (span) => t("overview.tip", { when: new Date(span.since).toLocaleString(document.documentElement.lang), ok: number(span.succeeded), bad: number(span.failed) });
  const entries = spans.map((span, place) => ({ name: nameOf(span, place), tip: tip(span), parts: [["good", span.succeeded], ["bad", span.failed]] }));
  const sum = spans.reduce((all, span) => all + span.succeeded + span.failed, 0);
  return h("figure", { class: "panel" }, h("figcaption", {}, h("span", {}, title), h("strong", {}, number(sum))), columns(entries, title));
}
