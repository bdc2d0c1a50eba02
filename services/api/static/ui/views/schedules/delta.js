// What a run of a schedule found changed since the run before.

import { get } from "../../core/api.js";
import { h, render } from "../../core/dom.js";
import { known, money, number, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { segments } from "../../parts/fields.js";
import { fixed } from "../../parts/listing.js";
import { empty, loading, skeleton } from "../../parts/states.js";

const GOOD = new Set(["new", "price_down", "back_in_stock"]);

export function open(root, path) {
  const address = `/v1/schedules/${encodeURIComponent(path[1])}/runs/${encodeURIComponent(path[3])}/delta`;
  const place = h("div", { class: "panel panel-flush" });
  const body = h("section", { class: "stack" });
  let list = null;
  const show = (items, change) => {
    list?.close();
    list = fixed(place, items.filter((item) => !change || item.changes.includes(change)), { keyOf: (item) => `${item.marketplace}:${item.asin}`, rowOf: row, kind: "delta", label: t("delta.title") });
  };
  render(root, h("p", { class: "crumb" }, h("a", { href: href(["schedules"]) }, t("nav.schedules")), " / ", h("a", { href: href(["schedules", path[1]]) }, t("schedules.one"))), h("h1", {}, t("delta.title")), body);
  loading(body, skeleton(4), () => get(address), ({ counts, items }) => {
    if (items.length === 0) return empty(t("delta.none"), t("delta.none.text"));
    queueMicrotask(() => show(items, ""));
    const nameOf = (change) => (change ? `${known(`change.${change}`, change)} ${number(counts[change])}` : `${t("items.all")} ${number(items.length)}`);
    return [segments(t("delta.filter"), "change", ["", ...Object.keys(counts)], "", (change) => show(items, change), nameOf), place];
  });
  return { close: () => list?.close() };
}

function row(item) {
  const price = (value) => money(value, item.currency);
  return h("div", { class: "delta-row" },
    h("span", {}, h("a", { class: "mono", href: href(["products", item.marketplace, item.asin]) }, item.asin), " ", h("span", { class: "muted" }, item.marketplace)),
    h("span", { class: "delta-changes" }, item.changes.map((change) => h("span", { class: `badge badge-${GOOD.has(change) ? "completed" : "failed"}` }, known(`change.${change}`, change)))),
    h("span", { class: "figure" }, item.previous_price !== null && item.previous_price !== item.price && [h("s", { class: "muted" }, h("span", { class: "hidden" }, t("delta.before")), price(item.previous_price)), " "], item.price !== null && price(item.price)));
}
