// What was collected: found, sorted, marked.

import { download, get, hasRoom, send } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { money, number, percent, t } from "../core/i18n.js";
import { href, refine } from "../core/router.js";
import { session } from "../core/session.js";
import { Source } from "../core/source.js";
import { sparkline } from "../parts/charts.js";
import { choice } from "../parts/fields.js";
import { empty, failed, skeleton } from "../parts/states.js";
import { attempt, toast } from "../parts/toast.js";
import { VirtualList } from "../parts/virtual.js";

const SORTS = ["-collected_at", "-margin", "margin", "price", "-price", "price_change_percent", "-price_change_percent", "title", "category"];
const MOST_TRIED = 200;
const FLAGS = ["favorite", "profitable", "changed"];

export function open(root, _path, query) {
  const filter = { q: "", sort: "-collected_at", min_margin: "", ...query };
  const place = h("section", { class: "panel panel-flush" });
  const trial = { margin: null };
  let shown = null;
  const draw = () => (shown?.close(), refine(filter), (shown = listing(place, filter, trial)));
  const set = (name, value) => ((filter[name] = value), draw());
  const flag = (name) => h("label", { class: "check" }, h("input", { type: "checkbox", checked: filter[name] === "true", onchange: (e) => set(name, e.target.checked ? "true" : "") }), t(`products.${name}`));
  const save = () => attempt(() => download("/v1/products", { ...filter, format: "csv" }, "products.csv"));
  render(root,
    h("div", { class: "head" }, h("h1", {}, t("nav.products")), h("div", { class: "head-side" }, h("button", { class: "button", onclick: save }, t("products.csv")))),
    h("div", { class: "filters" },
      h("input", { type: "search", class: "grow", value: filter.q, placeholder: t("products.search"), "aria-label": t("products.search"), oninput: debounced((e) => set("q", e.target.value.trim()), 350) }),
      choice(t("products.sort"), SORTS, filter.sort, (value) => set("sort", value), (s) => t(`sort.${s}`)),
      h("label", { class: "field field-compact" }, h("span", {}, t("products.least")), h("input", { type: "number", class: "short", value: filter.min_margin, oninput: debounced((e) => set("min_margin", e.target.value), 350) })),
      FLAGS.map(flag)),
    whatIf(trial, () => shown.look()),
    place);
  draw();
  return { close: () => shown.close() };
}

/** A target margin to try on all that is seen; nothing is stored. */
function whatIf(trial, look) {
  const output = h("output", { for: "what-if" }, "–");
  const slider = h("input", { id: "what-if", type: "range", min: 5, max: 50, step: 1, value: 10 });
  const reset = h("button", { class: "button button-small", hidden: true, onclick: () => take(null) }, t("reprice.reset"));
  const take = (margin) => {
    trial.margin = margin;
    output.textContent = margin === null ? "–" : percent(margin);
    reset.hidden = margin === null;
    if (margin === null) slider.focus();
    look();
  };
  slider.addEventListener("input", () => take(Number(slider.value)));
  return h("div", { class: "panel slider what-if" }, h("label", { for: "what-if" }, t("reprice.whatif")), slider, output, reset);
}

const keyOf = (product) => `${product.marketplace}:${product.asin}`;

function listing(place, filter, trial) {
  const tell = (error) => render(place, failed(error, () => source.more().catch(tell)));
  const source = new Source("/v1/products", filter, { keyOf, limit: 50, onChange: show });
  const histories = new Histories();
  const list = new VirtualList({ rowOf: (product) => productRow(product, source, histories), keyOf, needMore: () => source.more().catch(tell), label: t("nav.products") });
  list.element.classList.add("virtual-products");
  render(place, skeleton(6));
  let tried = new Map();
  const tryOn = (products) => products.map((product) => (tried.has(keyOf(product)) ? { ...product, tried: tried.get(keyOf(product)) } : product));
  const draw = () => list.show(tryOn(source.entries), source.ended ? source.entries.length : -1);
  const look = debounced(async () => {
    tried = new Map();
    if (trial.margin !== null && source.entries.length > 0) {
      // As far as the list is loaded, what is seen and what is near it.
      const [first, last] = list.range;
      const near = source.entries.slice(Math.max(0, first - MOST_TRIED / 4), last + MOST_TRIED / 4).slice(0, MOST_TRIED);
      const asked = { target_margin: trial.margin, products: near.map(({ marketplace, asin }) => ({ marketplace, asin })) };
      const found = await attempt(() => send("POST", "/v1/products/reprice-preview", asked));
      for (const each of found?.items ?? []) tried.set(keyOf(each), each.after);
    }
    draw();
  }, 200);
  function show(products) {
    if (products.length === 0) return void render(place, Object.keys(filter).some((name) => name !== "sort" && filter[name]) ? empty(t("products.nofit"), t("jobs.nofit.text")) : empty(t("products.none"), t("products.none.text")));
    if (!list.element.isConnected) render(place, list.element);
    draw();
    if (trial.margin !== null) look();
  }
  source.more().catch(tell);
  return { look, close: () => (list.close(), source.close(), histories.close()) };
}

/** Price histories of products whose price has changed, one request after the other, as far as the limit has room. */
class Histories {
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

function productRow(product, source, histories) {
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
    favourite(product, (next) => source.replace(keyOf(product), next)));
}

function triedOn(figures) {
  return h("span", { class: `product-margin tried figure ${figures.is_profitable ? "good" : "bad"}` }, figures.profit_krw === null ? "–" : money(figures.profit_krw, "KRW"),
    h("span", { class: "muted" }, figures.recommended_price_krw === null ? "" : t("reprice.at", { price: money(figures.recommended_price_krw, "KRW") })));
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
