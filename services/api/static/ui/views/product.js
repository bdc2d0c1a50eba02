// One product: what it costs, what it did, what it would bring at another margin.

import { get, send } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { known, money, moment, number, percent, t } from "../core/i18n.js";
import { go, href } from "../core/router.js";
import { session } from "../core/session.js";
import { sparkline } from "../parts/charts.js";
import { change, favourite, picture } from "../parts/products.js";
import { loading, skeleton } from "../parts/states.js";
import { since } from "../parts/time.js";
import { attempt, deferred, toast } from "../parts/toast.js";

export function open(root, path) {
  const address = `/v1/products/${encodeURIComponent(path[1])}/${encodeURIComponent(path[2])}`;
  const load = async () => ({ product: await get(address), history: (await get(`${address}/price-history`, { limit: 200 })).items });
  loading(root, skeleton(3, "block"), load, ({ product, history }) => {
    queueMicrotask(() => (document.title = `${product.title ?? product.asin} · Asinflow`));
    return [
      h("p", { class: "crumb" }, h("a", { href: href(["products"]) }, t("nav.products")), ` / ${product.marketplace}`),
      h("article", { class: "product" }, h("div", { class: "panel product-shot" }, picture(product, 320)), facts(product, address)),
      h("div", { class: "charts" }, prices(history), resale(product, address)),
    ];
  });
}

function facts(product, address) {
  const analysed = product.analysis?.category;
  const star = h("span", {});
  const draw = (next) => render(star, favourite(next, draw));
  draw(product);
  const notes = h("textarea", { id: "notes", rows: 3, maxlength: 2000, value: product.notes ?? "", disabled: !session.may("products:write"), onchange: () => attempt(async () => (await send("PATCH", address, { notes: notes.value }), toast(t("product.noted")))) });
  const pair = (key, value) => value && h("div", { class: "pairs-line" }, h("dt", {}, t(key)), h("dd", {}, value));
  const remove = () => {
    go(["products"]);
    deferred(t("product.forgotten"), () => send("DELETE", address), () => go(["products", product.marketplace, product.asin]));
  };
  return h("div", { class: "panel product-facts" },
    h("div", { class: "head" }, h("h1", { class: "product-title" }, product.title ?? product.asin), star),
    h("p", { class: "product-cost" }, h("strong", {}, money(product.price, product.currency)), change(product), product.missing?.price && h("span", { class: "warn" }, known(`missing.${product.missing.price}`, product.missing.price))),
    h("dl", { class: "pairs" },
      pair("product.brand", product.brand ?? product.author), pair("product.asin", product.asin), pair("product.category", analysed && h("a", { href: href(["products"], { category: analysed }) }, known(`category.${analysed}`, analysed))), pair("product.availability", product.availability_text),
      pair("product.rating", product.rating && `${number(product.rating, 1)} (${number(product.review_count)})`), pair("product.seller", product.seller), pair("product.collected", product.collected_at && collected(product))),
    h("div", { class: "field" }, h("label", { for: "notes" }, t("product.notes")), notes),
    h("div", { class: "buttons" },
      h("a", { class: "button", href: product.url, target: "_blank", rel: "noopener noreferrer" }, t("product.shop")),
      session.may("products:write") && h("button", { class: "button", onclick: remove }, t("product.forget"))));
}

/** When, and by which job. */
const collected = ({ collected_at, job_id }) => [since(collected_at), job_id && [" · ", h("a", { href: href(["jobs", job_id]) }, t("schedules.job"))]];

function prices(history) {
  const points = [...history].reverse();
  const line = sparkline(points.map((point) => point.price), t("product.history"), { width: 520, height: 150 });
  const sold = history.filter((point) => point.price !== null).sort((one, other) => one.price - other.price);
  const extreme = (key, point) => h("div", { class: "pairs-line" }, h("dt", {}, t(key), " ", h("span", { class: "muted" }, moment(point.at))), h("dd", {}, money(point.price, point.currency)));
  const extremes = line && h("dl", { class: "pairs" }, extreme("product.lowest", sold[0]), extreme("product.highest", sold.at(-1)));
  const rows = history.slice(0, 5).map((point) => h("li", {}, h("span", { class: "muted" }, moment(point.at)), h("span", { class: "figure" }, money(point.price, point.currency))));
  return h("section", { class: "panel" }, h("h2", {}, t("product.history")), line ?? h("p", { class: "muted" }, t("product.steady")), extremes, h("h3", {}, t("product.latest")), h("ul", { class: "prices" }, rows));
}

function resale(product, address) {
  const analysis = product.analysis;
  const place = h("div", { class: "resale", "aria-live": "polite" });
  if (!analysis || product.price === null) return h("section", { class: "panel" }, h("h2", {}, t("product.resale")), h("p", { class: "muted" }, t("product.noanalysis")));
  const margin = h("output", { for: "margin" }, percent(analysis.target_margin));
  const slider = h("input", { id: "margin", type: "range", min: 0, max: Math.max(1, Math.floor(analysis.largest_margin)), step: 1, value: analysis.target_margin });
  const costs = { japan_shipping_jpy: analysis.japan_shipping_jpy, korea_shipping_krw: analysis.korea_shipping_krw, packaging_krw: analysis.packaging_krw, shipping_tier: analysis.shipping_tier, category: analysis.category };
  const own = h("input", { id: "selling", type: "number", min: 1, step: 1, "aria-describedby": "selling-help", inputmode: "numeric", value: analysis.selling_price_krw ?? "", oninput: () => preview() });
  const price = () => (Number(own.value) > 0 ? Math.round(Number(own.value)) : null);
  const preview = debounced(async () => {
    const asked = { ...(price() === null ? {} : { selling_price_krw: price() }), price: product.price, currency: product.currency, weight_g: analysis.weight_g, target_margin: Number(slider.value), ...costs };
    const next = await attempt(() => send("POST", "/v1/profit/calculate", asked));
    if (next) render(place, sale(next));
  }, 200);
  slider.addEventListener("input", () => ((margin.textContent = percent(Number(slider.value))), preview()));
  const keep = () => attempt(async () => (render(place, sale(await send("POST", `${address}/analyze`, { target_margin: Number(slider.value), selling_price_krw: price() }))), toast(t("product.kept"))));
  render(place, sale(analysis));
  return h("section", { class: "panel" }, h("h2", {}, t("product.resale")),
    h("div", { class: "slider" }, h("label", { for: "margin" }, t("option.target_margin")), slider, margin),
    h("div", { class: "field own-price" }, h("label", { for: "selling" }, t("product.selling")), own, h("p", { class: "help", id: "selling-help" }, t("product.selling.help"))), place,
    session.may("products:write") && h("button", { class: "button", onclick: keep }, t("product.keep")));
}

function sale(analysis) {
  const won = (value) => money(value, "KRW");
  const line = (key, value, kind = "") => h("div", { class: `pairs-line ${kind}` }, h("dt", {}, t(key)), h("dd", {}, value));
  const profit = (sold) => t("product.profit", { profit: won(sold.profit_krw) });
  const { at_recommended: at, at_selling: own, selling_price_krw: given } = analysis;
  // One's own price is the one that is judged.
  const [name, price, sold] = given === null ? ["product.recommended", analysis.recommended_price_krw, at] : ["product.yours", given, own];
  return [
    h("p", { class: "product-cost" }, h("strong", {}, won(price)), h("span", { class: "muted" }, t(name)), sold && h("span", { class: sold.reaches_target ? "good" : "bad" }, profit(sold))),
    h("dl", { class: "pairs" },
      line("product.bought", won(analysis.price_krw)), line("product.shipping", won((analysis.international_shipping_krw ?? 0) + (analysis.japan_shipping_krw ?? 0) + analysis.korea_shipping_krw)),
      analysis.duty && line("product.duty", won(analysis.duty.total_krw)), sold && line("product.fee", won(sold.platform_fee_krw)), line("product.cost", won(analysis.cost_krw)),
      own && line("product.margin", percent(own.margin_percent), own.reaches_target ? "good" : "bad"),
      own && at && line("product.recommended", `${won(at.price_krw)} · ${profit(at)}`)),
    analysis.reasons.length > 0 && h("ul", { class: "help" }, analysis.reasons.map((reason) => h("li", {}, known(`reason.${reason.code}`, reason.message)))),
  ];
}
