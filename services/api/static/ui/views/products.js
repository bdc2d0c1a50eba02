// What was collected: found, sorted, marked.

import { download, send } from "../core/api.js";
import { debounced, h, render, say } from "../core/dom.js";
import { percent, t } from "../core/i18n.js";
import { refine } from "../core/router.js";
import { Source } from "../core/source.js";
import { Costs } from "../parts/costs.js";
import { choice } from "../parts/fields.js";
import { Histories, keyOf, productHead, productRow } from "../parts/products.js";
import { empty, failed, skeleton } from "../parts/states.js";
import { attempt } from "../parts/toast.js";
import { VirtualList } from "../parts/virtual.js";

const SORTS = ["-collected_at", "-margin", "margin", "price", "-price", "price_change_percent", "-price_change_percent", "title", "category"];
const MOST_TRIED = 200;
// As the analysis tells them.
const CATEGORIES = [
  "electronics", "computers", "tablets", "keyboards_mice", "cameras", "tvs", "games", "monitors", "beauty", "toys_hobbies",
  "rc_toys", "figures", "fashion", "food", "books", "daily_necessities", "automotive", "sports", "baby",
];
const FLAGS = ["favorite", "profitable", "priced", "changed"];

export function open(root, _path, query) {
  const filter = { q: "", sort: "-collected_at", min_margin: "", category: "", ...query };
  const place = h("section", { class: "panel panel-flush" });
  const trial = { wanted: {} };
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
      choice(t("product.category"), ["", ...CATEGORIES], filter.category, (value) => set("category", value), (name) => t(name ? `category.${name}` : "items.all")),
      h("label", { class: "field field-compact" }, h("span", {}, t("products.least")), h("input", { type: "number", class: "short", value: filter.min_margin, oninput: debounced((e) => set("min_margin", e.target.value), 350) })),
      FLAGS.map(flag)),
    chips(filter, draw),
    whatIf(trial, () => shown.look()),
    place);
  draw();
  return { resume: () => shown.refresh(), close: () => shown.close() };
}

const NARROWED = ["job_id", "marketplace"];

/** What a link has narrowed the list to, each with a way out of it. */
function chips(filter, draw) {
  const place = h("div", { class: "tags" });
  const nameOf = { job_id: () => t("products.ofjob"), marketplace: (name) => name };
  const widen = (name) => {
    delete filter[name];
    show();
    draw();
  };
  const show = () => render(place, NARROWED.filter((name) => filter[name]).map((name) => {
    const text = nameOf[name](filter[name]);
    return h("button", { class: "tag", "aria-label": t("products.widen", { name: text }), onclick: () => widen(name) }, text, h("span", { "aria-hidden": true }, " ×"));
  }));
  show();
  return place;
}

/** A margin, rates and shipping to try on all that is seen; nothing is stored. */
function whatIf(trial, look) {
  const output = h("output", { for: "what-if" }, "–");
  const slider = h("input", { id: "what-if", type: "range", min: 5, max: 50, step: 1, value: 10 });
  const reset = h("button", { class: "button button-small", hidden: true, onclick: () => (costs.clear(), take(null), slider.focus()) }, t("reprice.reset"));
  let margin = null;
  const changed = () => {
    trial.wanted = { ...(margin === null ? {} : { target_margin: margin }), ...costs.given };
    reset.hidden = !isAsked(trial);
    look();
  };
  const costs = new Costs(changed);
  const take = (value) => {
    margin = value;
    output.textContent = margin === null ? "–" : percent(margin);
    changed();
  };
  slider.addEventListener("input", () => take(Number(slider.value)));
  return h("div", { class: "panel slider what-if" }, h("label", { for: "what-if" }, t("reprice.whatif")), slider, output, reset, costs.element);
}

const isAsked = (trial) => Object.keys(trial.wanted).length > 0;

function listing(place, filter, trial) {
  const tell = (error) => render(place, failed(error, () => source.more().catch(tell)));
  const source = new Source("/v1/products", filter, { keyOf, limit: 50, onChange: show });
  const histories = new Histories();
  const list = new VirtualList({ rowOf: (product) => productRow(product, histories, (next) => source.replace(keyOf(product), next)), keyOf, needMore: () => source.more().catch(tell), label: t("nav.products") });
  list.element.classList.add("virtual-products");
  render(place, skeleton(6));
  let tried = new Map();
  const tryOn = (products) => products.map((product) => (tried.has(keyOf(product)) ? { ...product, tried: tried.get(keyOf(product)) } : product));
  const head = productHead();
  const draw = () => {
    say(head.lastChild, t(tried.size > 0 ? "product.gain" : "product.margin"));
    list.show(tryOn(source.entries), source.ended ? source.entries.length : -1);
  };
  const look = debounced(async () => {
    tried = new Map();
    if (isAsked(trial) && source.entries.length > 0) {
      // As far as the list is loaded, what is seen and what is near it.
      const [first, last] = list.range;
      const near = source.entries.slice(Math.max(0, first - MOST_TRIED / 4), last + MOST_TRIED / 4).slice(0, MOST_TRIED);
      const asked = { ...trial.wanted, products: near.map(({ marketplace, asin }) => ({ marketplace, asin })) };
      const found = await attempt(() => send("POST", "/v1/products/reprice-preview", asked));
      for (const each of found?.items ?? []) tried.set(keyOf(each), each.after);
    }
    draw();
  }, 200);
  function show(products) {
    if (products.length === 0) return void render(place, Object.keys(filter).some((name) => name !== "sort" && filter[name]) ? empty(t("products.nofit"), t("jobs.nofit.text")) : empty(t("products.none"), t("products.none.text")));
    if (!list.element.isConnected) render(place, head, list.element);
    draw();
    if (isAsked(trial)) look();
  }
  source.more().catch(tell);
  return { look, refresh: () => source.refresh(...list.range).catch(() => {}), close: () => (list.close(), source.close(), histories.close()) };
}
