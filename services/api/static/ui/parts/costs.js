// What products can be worked out anew with besides another margin: exchange rates, shipping and packaging.

import { h, render } from "../core/dom.js";
import { number, t } from "../core/i18n.js";
import { choice, input } from "./fields.js";

const CURRENCIES = ["JPY", "USD", "EUR", "GBP", "CAD", "AUD", "CNY", "SGD", "INR", "MXN", "BRL", "SEK", "PLN", "TRY", "AED", "SAR", "EGP"];
const COSTS = ["japan_shipping_jpy", "korea_shipping_krw", "packaging_krw"];
const TIERS = ["", "economy", "premium"];

/** Fields behind a heading; what is left empty stays as it is. `given` is what the interface takes of them. */
export class Costs {
  constructor(changed) {
    this.changed = changed;
    this.body = h("fieldset", {});
    this.element = h("details", { class: "more costs" }, h("summary", {}, t("reprice.more")), this.body);
    this.clear();
  }

  /** Leaves all as it is; whoever calls it knows. */
  clear() {
    Object.assign(this, { rates: {}, costs: {}, currency: CURRENCIES[0] });
    this.draw();
  }

  get given() {
    return { ...(Object.keys(this.rates).length ? { rates: this.rates } : {}), ...this.costs };
  }

  set disabled(value) {
    this.body.disabled = value;
  }

  draw() {
    const rate = h("div", {});
    const others = h("p", { class: "help", "aria-live": "polite" });
    const tell = () => render(others, Object.entries(this.rates).filter(([name]) => name !== this.currency).map(([name, value]) => `${name} ${number(value, 8)}`).join(" · ") || t("reprice.left"));
    const pick = (currency) => {
      this.currency = currency;
      render(rate, input(t("reprice.rate", { currency }), { id: "cost-rate", type: "number", min: 0, step: "any", inputmode: "decimal", value: this.rates[currency] ?? "", oninput: (e) => this.take(this.rates, currency, e.target.value) }));
      tell();
    };
    pick(this.currency);
    render(this.body,
      h("div", { class: "pair" }, choice(t("reprice.currency"), CURRENCIES, this.currency, pick), rate,
        COSTS.map((name) => input(t(`option.${name}`), { id: `cost-${name}`, type: "number", min: 0, step: 1, inputmode: "numeric", oninput: (e) => this.take(this.costs, name, e.target.value) })),
        choice(t("reprice.tier"), TIERS, "", (value) => this.take(this.costs, "shipping_tier", value), (tier) => t(`tier.${tier || "same"}`))),
      others);
  }

  take(into, name, value) {
    if (value === "") delete into[name];
    else into[name] = name === "shipping_tier" ? value : Number(value);
    this.changed();
  }
}
