// The quality that a job must come to: asked for in a form, told with its rules, and with its verdict.

import { h, render } from "../core/dom.js";
import { number, percent, t } from "../core/i18n.js";
import { choice, input } from "./fields.js";
import { ENDED } from "./jobs.js";

// Fields of a product's page that can be asked for.
const FIELDS = [
  "title", "price", "list_price", "brand", "author", "rating", "review_count", "images", "features", "categories",
  "weight_g", "dimensions_mm", "seller", "condition", "description", "aplus_images", "bestseller_ranks",
];
const SHARE = { type: "number", min: 0, max: 100, step: "any", inputmode: "decimal" };
const USUAL = "90";

export const newGate = () => ({ rate: "", coverage: {} });

/** The gate of a job's settings as a form has it. */
export function gateDraft(gate) {
  const shares = Object.entries(gate?.min_coverage ?? {}).map(([name, value]) => [name, String(value)]);
  return { rate: String(gate?.min_success_rate ?? ""), coverage: Object.fromEntries(shares) };
}

/** What the interface takes; null when nothing is asked for. */
export function gateOf({ rate, coverage }) {
  const wanted = Object.entries(coverage).filter(([, value]) => value !== "").map(([name, value]) => [name, Number(value)]);
  if (rate === "" && wanted.length === 0) return null;
  return { ...(rate === "" ? {} : { min_success_rate: Number(rate) }), min_coverage: Object.fromEntries(wanted) };
}

/** Inputs for `gate`, which they keep up to date. */
export function gateFields(gate, changed) {
  const rows = h("div", { class: "gate-rows" });
  const draw = () => render(rows, Object.keys(gate.coverage).map(row), adder());
  const focus = (selector) => rows.querySelector(selector).focus();
  const row = (name) => h("div", { class: "gate-row" },
    input(t("gate.covered", { field: t(`field.${name}`) }), { id: `gate-${name}`, ...SHARE, value: gate.coverage[name], oninput: (e) => ((gate.coverage[name] = e.target.value), changed()) }),
    h("button", { type: "button", class: "button", "aria-label": t("gate.remove", { field: t(`field.${name}`) }), onclick: () => (delete gate.coverage[name], draw(), focus("select"), changed()) }, "×"));
  const add = (name) => {
    gate.coverage[name] = USUAL;
    draw();
    focus(`#gate-${name}`);
    changed();
  };
  const adder = () => choice(t("gate.add"), ["", ...FIELDS.filter((name) => !(name in gate.coverage))], "", (name) => name && add(name), (name) => (name ? t(`field.${name}`) : t("gate.choose")));
  draw();
  return h("fieldset", { class: "gate" }, h("legend", {}, t("gate.title")), h("p", { class: "help" }, t("gate.help")),
    input(t("gate.rate"), { id: "gate-rate", ...SHARE, value: gate.rate, oninput: (e) => ((gate.rate = e.target.value), changed()) }), rows);
}

/** What a gate asks for, rule by rule. */
export function gateRules(gate) {
  const fields = Object.entries(gate.min_coverage).map(([name, share]) => t("gate.rule.coverage", { field: t(`field.${name}`), share: percent(share, 2) }));
  return [...(gate.min_success_rate === null ? [] : [t("gate.rule.rate", { share: percent(gate.min_success_rate, 2) })]), ...fields];
}

/** What became of a job's gate, or what it asks for; null without one. */
export function gateTold(job) {
  const gate = job.settings.quality_gate;
  if (!gate) return null;
  const verdict = job.quality?.status;
  const kind = { passed: "good", failed: "bad" }[verdict] ?? "muted";
  const state = t(verdict ? `gate.${verdict}` : ENDED.has(job.status) ? "gate.judging" : "gate.title");
  const told = verdict === "failed" ? job.quality.reasons.map(missed) : gateRules(gate);
  return h("div", { class: "gate-told" }, h("strong", { class: kind }, state), h("ul", { class: "muted" }, told.map((each) => h("li", {}, each))));
}

function missed({ rule, wanted, got }) {
  const field = rule.split("min_coverage.")[1];
  const name = field ? t("gate.known", { field: t(`field.${field}`) }) : t("overview.success");
  return t(got === null ? "gate.unmeasured" : "gate.missed", { name, got: `${number(got, 2)}%`, wanted: percent(wanted, 2) });
}
