// What a job's products would bring, as far as the first of them are looked at.

import { get } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { money, number, percent, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { columns } from "../../parts/charts.js";
import { empty, loading, skeleton } from "../../parts/states.js";

const PAGE = 200;
const PAGES = 5;
const EDGES = [-20, -10, 0, 5, 10, 15, 20, 30, 40];

export function openProfit(panel, job) {
  loading(panel, skeleton(1, "block"), () => collect(job.id), ({ products, whole }) => {
    const judged = products.filter((each) => each.analysis?.margin_percent !== null && each.analysis?.margin_percent !== undefined);
    if (judged.length === 0) return empty(t("profit.none"), t("profit.none.text"));
    return [histogram(judged, products.length, whole), best(judged)];
  });
}

async function collect(id) {
  const products = [];
  let cursor = null;
  for (let n = 0; n < PAGES; n += 1) {
    const page = await get(`/v1/jobs/${id}/results`, { limit: PAGE, cursor });
    products.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) return { products, whole: true };
  }
  return { products, whole: false };
}

function histogram(judged, looked, whole) {
  const slots = Array.from({ length: EDGES.length + 1 }, () => 0);
  for (const { analysis } of judged) slots[EDGES.filter((edge) => analysis.margin_percent >= edge).length] += 1;
  const name = (place) => (place === 0 ? `<${EDGES[0]}` : `${EDGES[place - 1]}${place === EDGES.length ? "+" : ""}`);
  const entries = slots.map((count, place) => ({ name: name(place), tip: `${name(place)}%: ${number(count)}`, parts: [[place < 3 ? "bad" : "good", count]] }));
  const profitable = judged.filter((each) => each.analysis.is_profitable).length;
  return h("figure", { class: "panel" },
    h("figcaption", {}, h("span", {}, t("profit.margins")), h("strong", {}, t("profit.count", { n: number(profitable), of: number(judged.length) }))),
    columns(entries, t("profit.margins"), { height: 160 }),
    !whole && h("p", { class: "muted" }, t("profit.part", { n: looked })));
}

function best(judged) {
  const top = [...judged].sort((a, b) => b.analysis.margin_percent - a.analysis.margin_percent).slice(0, 5);
  return h("div", { class: "panel" }, h("h2", {}, t("profit.best")),
    h("ul", { class: "rows" }, top.map((each) => h("li", { class: "best" },
      h("a", { class: "grow clip", href: href(["products", each.marketplace, each.asin]) }, each.title ?? each.asin),
      h("span", { class: "figure" }, money(each.price, each.currency)),
      h("strong", { class: "figure good" }, percent(each.analysis.margin_percent))))));
}
