// How a product is told in a list: its picture, its price and what it did, its margin, its star.

import { get, hasRoom, send } from "../core/api.js";
import { h, render } from "../core/dom.js";
import { money, number, percent, t } from "../core/i18n.js";
import { href } from "../core/router.js";
import { session } from "../core/session.js";
import { sparkline } from "./charts.js";
import { attempt, toast } from "./toast.js";

export const keyOf = (product) => `${product.marketplace}:${product.asin}`;

/** Price histories of products whose price has changed, one request after the other, as far as the limit has room. */
export class Histories {
  constructor() {
    this.known = new Map();
    this.last = Promise.resolve();
    this.closed = false;
  }

  show(product, place) {
    if (!product.price_changed_at) return;
    const draw = (prices) => render(place, sparkline(prices, t("product.history")));
    if (this.known.has(keyOf(product))) return void draw(this.known.get(keyOf(product)));
    this.last = this.last.then(async () => {
      if (this.closed || !place.isConnected || !hasRoom()) return;
      const page = await get(`/v1/products/${product.marketplace}/${product.asin}/price-history`, { limit: 60 }).catch(() => null);
      if (page === null) return;
      this.known.set(keyOf(product), page.items.map((point) => point.price).reverse());
      draw(this.known.get(keyOf(product)));
    });
  }

  close() {
    this.closed = true;
  }
}

/** What stands in which column of such rows, for the eye; the last one is the margin, or the profit of what is tried. */
export function productHead() {
  const names = ["items.product", "product.history", "field.price", "product.margin"];
  return h("div", { class: "product-head", "aria-hidden": true }, h("span"), names.map((name) => h("span", { class: "clip" }, t(name))));
}

/** A product in a row of a list; `take` gets it as it is after it was marked. */
export function productRow(product, histories, take) {
  const spark = h("span", { class: "product-spark" });
  queueMicrotask(() => histories.show(product, spark));
  const margin = product.analysis?.margin_percent;
  return h("div", { class: "product-row" },
    picture(product, 52),
    h("div", { class: "product-name" },
      h("a", { class: "row-link clip", href: href(["products", product.marketplace, product.asin]) }, product.title ?? product.asin),
      h("span", { class: "muted clip" }, [product.brand, product.asin, product.marketplace, product.notes].filter(Boolean).join(" · "))),
    spark,
    h("div", { class: "product-price" }, h("span", { class: "figure" }, money(product.price, product.currency)), change(product)),
    product.tried ? triedOn(product.tried) : h("span", { class: `product-margin figure ${product.analysis?.is_profitable ? "good" : "muted"}`, title: t("product.margin") }, percent(margin)),
    favourite(product, take));
}

/** What is earned at the price that is judged: the user's own where there is one, which no margin moves, else the recommended one. */
function triedOn({ profit_krw: profit, selling_price_krw: own, recommended_price_krw: recommended, is_profitable: good }) {
  const at = own === null ? "reprice.at" : "reprice.atown";
  return h("span", { class: `product-margin tried figure ${good ? "good" : "bad"}`, title: t("product.gain") }, money(profit, "KRW"),
    profit !== null && h("span", { class: "muted" }, t(at, { price: money(own ?? recommended, "KRW") })));
}

export function picture(product, size) {
  const frame = h("span", { class: "picture", "aria-hidden": true });
  if (product.images?.[0]) frame.append(h("img", { src: product.images[0], alt: "", width: size, height: size, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer", onerror: (e) => e.target.remove() }));
  return frame;
}

export function change(product) {
  const percents = product.price_change_percent;
  if (percents === null || percents === undefined) return null;
  return h("span", { class: `change ${percents < 0 ? "good" : "bad"}` }, `${percents < 0 ? "↓" : "↑"} ${number(Math.abs(percents), 1)}%`);
}

/** The star; `take` gets the product as it is afterwards. */
export function favourite(product, take) {
  const toggle = async () => {
    const next = await attempt(() => send("PATCH", `/v1/products/${product.marketplace}/${product.asin}`, { favorite: !product.favorite }));
    if (!next) return;
    take(next);
    if (product.favorite) toast(t("products.unmarked"), { undo: () => favourite(next, take).click() });
  };
  return h("button", { class: "star", "aria-pressed": String(Boolean(product.favorite)), "aria-label": t("products.mark", { name: product.title ?? product.asin }), disabled: !session.may("products:write"), onclick: toggle }, product.favorite ? "★" : "☆");
}
