// What a job's products would earn, and what they would with another margin, rate or shipping.

import { get, send } from "../../core/api.js";
import { debounced, every, h, render } from "../../core/dom.js";
import { compact, known, money, number, percent, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { columns } from "../../parts/charts.js";
import { Costs } from "../../parts/costs.js";
import { ENDED } from "../../parts/jobs.js";
import { picture } from "../../parts/products.js";
import { empty, explain, loading, skeleton } from "../../parts/states.js";
import { attempt, toast } from "../../parts/toast.js";

const BEST = { best: 5 };

export function openProfit(panel, job) {
  let now = job;
  let trial = null;
  const load = () => loading(panel, skeleton(2, "block"), () => get(`/v1/jobs/${job.id}/profit`, BEST), (profit) => {
    trial?.close();
    if (profit.judged === 0) return [empty(t("profit.none"), t("profit.none.text")), unjudged(profit)];
    trial = new Trial(() => now, profit, load);
    return [h("div", { class: "charts" }, histogram(profit), h("div", { class: "stack" }, trial.element, unjudged(profit))), best(profit)];
  });
  load();
  return { take: (next) => (now = next), close: () => trial?.close() };
}

const won = (value) => money(value, "KRW");

function histogram(profit) {
  const { profitable, judged, priced, priced_profitable, totals, margin_percent } = profit;
  // At recommended prices every margin is the target: then profits tell more.
  const [kind, bins, write] = profit.margins.length > 1 ? ["margins", profit.margins, percent] : ["profits", profit.profits, won];
  const short = (value) => (kind === "margins" ? value : compact(value));
  const name = (bin) => (bin.at_least === null ? `<${short(bin.below)}` : `${short(bin.at_least)}${bin.below === null ? "+" : ""}`);
  const span = (bin) => `${bin.at_least === null ? "" : write(bin.at_least)}–${bin.below === null ? "" : write(bin.below)}`;
  const entries = bins.map((bin) => ({ name: name(bin), tip: `${span(bin)}: ${number(bin.count)}`, parts: [[bin.below !== null && bin.below <= 0 ? "bad" : "good", bin.count]] }));
  return h("figure", { class: "panel" },
    h("figcaption", {}, h("span", {}, t(`profit.${kind}`)), h("strong", {}, t("profit.count", { n: profitable, of: judged }))),
    columns(entries, t(`profit.${kind}`), { height: 180 }),
    h("dl", { class: "pairs" }, line("profit.total", won(totals.profit_krw), totals.profit_krw > 0 ? "good" : "bad"), line("profit.sales", won(totals.sales_krw)), line("profit.median", percent(margin_percent?.median)),
      priced > 0 && line("profit.priced", t("profit.count", { n: priced_profitable, of: priced }))));
}

const line = (key, value, kind = "") => h("div", { class: `pairs-line ${kind}` }, h("dt", {}, t(key)), h("dd", {}, value));

function unjudged({ unjudged: codes, succeeded, judged }) {
  if (codes.length === 0) return null;
  return h("section", { class: "panel" }, h("h2", {}, t("profit.unjudged", { n: succeeded - judged })),
    h("dl", { class: "pairs" }, codes.map((each) => h("div", { class: "pairs-line" }, h("dt", {}, known(`reason.${each.code}`, each.code)), h("dd", {}, number(each.count))))));
}

function best({ best: products }) {
  if (products.length === 0) return null;
  return h("div", { class: "panel" }, h("h2", {}, t("profit.best")),
    h("ul", { class: "rows" }, products.map((each) => h("li", { class: "best" },
      picture({ images: [each.image] }, 40),
      h("a", { class: "grow clip", href: href(["products", each.marketplace, each.asin]) }, each.title ?? each.asin),
      h("span", { class: "figure" }, money(each.price, each.currency)),
      h("strong", { class: `figure ${each.profit_krw > 0 ? "good" : "bad"}` }, won(each.profit_krw)),
      h("span", { class: "figure muted" }, percent(each.margin_percent))))));
}

/** Another margin, rate or shipping: what it would come to, and a way to have all products worked out with it. */
class Trial {
  constructor(jobNow, profit, done) {
    Object.assign(this, { jobNow, profit, done, margin: {}, asked: null, stop: () => {} });
    const { target_margin } = jobNow().settings;
    this.told = h("div", { class: "resale", "aria-live": "polite" }, h("p", { class: "muted" }, t("reprice.text")));
    this.output = h("output", { for: "what-if" }, percent(target_margin));
    this.slider = h("input", { id: "what-if", type: "range", min: 5, max: 50, step: 1, value: target_margin });
    const look = debounced(() => this.look(), 350);
    const changed = () => ((this.keep.disabled = true), look());
    this.slider.addEventListener("input", () => ((this.margin = { target_margin: Number(this.slider.value) }), (this.output.textContent = percent(this.margin.target_margin)), changed()));
    this.costs = new Costs(changed);
    this.keep = h("button", { class: "button", disabled: true, onclick: () => this.apply() }, t("reprice.apply"));
    this.element = h("section", { class: "panel" }, h("h2", {}, t("reprice.title")),
      h("div", { class: "slider" }, h("label", { for: "what-if" }, t("option.target_margin")), this.slider, this.output), this.costs.element, this.told,
      session.may("products:write") && this.keep);
  }

  get address() {
    return `/v1/jobs/${this.jobNow().id}/reprice`;
  }

  /** What has been chosen; all else stays as each product has it. */
  get wanted() {
    return { ...this.margin, ...this.costs.given };
  }

  async look() {
    const turn = (this.asked = {});
    if (Object.keys(this.wanted).length === 0) return void render(this.told, h("p", { class: "muted" }, t("reprice.text")));
    try {
      const { before, after } = await send("POST", this.address, this.wanted, { dry_run: true, best: 0 });
      if (turn !== this.asked) return;
      const change = (key, from, to) => line(key, h("span", {}, h("s", { class: "muted" }, h("span", { class: "hidden" }, t("delta.before")), from), " ", to));
      render(this.told, h("dl", { class: "pairs" }, change("profit.profitable", number(before.profitable), number(after.profitable)), change("profit.total", won(before.totals.profit_krw), won(after.totals.profit_krw)), change("profit.sales", won(before.totals.sales_krw), won(after.totals.sales_krw))));
      const ended = ENDED.has(this.jobNow().status);
      this.keep.disabled = !ended;
      if (!ended) this.told.append(h("p", { class: "muted" }, t("errors.later")));
    } catch (error) {
      if (turn === this.asked) render(this.told, h("p", { class: "field-error" }, explain(error)));
    }
  }

  async apply() {
    const begun = await attempt(() => send("POST", this.address, this.wanted));
    if (!begun) return;
    this.keep.disabled = this.slider.disabled = this.costs.disabled = true;
    this.tell(begun);
    this.stop = every(1_000, async () => this.tell(await get(this.address).catch(() => begun)));
  }

  tell(repricing) {
    if (repricing.state === "running") return void render(this.told, h("p", { class: "muted" }, t("reprice.running", { n: repricing.repriced, of: repricing.total })));
    this.stop();
    toast(t(`reprice.${repricing.state}`), { kind: repricing.state === "done" ? "good" : "bad" });
    this.done();
  }

  close() {
    this.asked = null;
    this.stop();
  }
}
