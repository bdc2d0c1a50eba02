// What a view shows while it waits, when there is nothing, and when something went wrong.

import { ApiError } from "../core/api.js";
import { h, render } from "../core/dom.js";
import { currentLanguage, known, t } from "../core/i18n.js";

/** Grey lines of the size of what is coming, so that nothing jumps when it comes. */
export function skeleton(rows, kind = "row") {
  const lines = Array.from({ length: rows }, () => h("div", { class: `skeleton skeleton-${kind}` }));
  return h("div", { class: "skeletons", "aria-busy": true, role: "status" }, h("span", { class: "hidden" }, t("state.loading")), lines);
}

export function empty(title, text, ...actions) {
  return h("div", { class: "empty" }, h("div", { class: "empty-mark", "aria-hidden": true }), h("h2", {}, title), h("p", {}, text), actions);
}

/** A part of a request as the forms name it. */
function fieldName(field) {
  const inner = field.replace(/^job\./, "");
  const [, option] = /^settings\.(\w+)$/.exec(inner) ?? [];
  return known(`entry.${inner}`, null) ?? known(`option.${option ?? inner}`, field);
}

/** What is wrong with a part: in the reader's language; in English as the API says it, which tells more. */
function fault({ field, code, message }) {
  const exact = `fault.${field.replace(/^job\./, "")}.${code}`;
  if (known(exact, null)) return t(exact, bounds(message));
  if (currentLanguage() === "en") return message;
  const [, place, input] = /^line (\d+), (.*?): /.exec(message) ?? [];
  if (place && known(`line.${code}`, null)) return `${t("submit.line", { n: Number(place) })} ${input} ${t(`line.${code}`)}`;
  return known(`fault.${code}`, null) ? t(`fault.${code}`, bounds(message)) : message;
}

/** The first and the last number that the API names: how much is the least, or the most. */
function bounds(message) {
  const found = (message.match(/-?\d+(\.\d+)?/g) ?? []).map((each) => (each.includes(".") ? each : Number(each)));
  return { n: found[0], m: found.at(-1) };
}

/** What to tell a person about an error of the API. */
export function explain(error) {
  if (!(error instanceof ApiError)) throw error;
  const fields = error.errors.slice(0, 3).map((each) => `${fieldName(each.field)}: ${fault(each)}`);
  // Which fields are wrong is all that such a refusal has to say.
  if (error.code === "invalid_request" && fields.length > 0) return fields.join(" ");
  const told = error.code.endsWith("_not_found") ? t("problem.not_found") : known(`problem.${error.code}`, null) ?? t("problem.other", { detail: error.message });
  return [told, ...fields].join(" ");
}

export function failed(error, again) {
  const text = explain(error);
  return h("div", { class: "empty", role: "alert" }, h("h2", {}, t("state.failed")), h("p", {}, text), again && h("button", { class: "button", onclick: again }, t("action.again")));
}

/** Shows `waiting`, then what `load` gives, or why it could not. Returns the promise of it. */
export function loading(place, waiting, load, show) {
  const run = async () => {
    render(place, waiting);
    try {
      const found = await load();
      render(place, show(found));
    } catch (error) {
      if (error.name !== "AbortError") render(place, failed(error, run));
    }
  };
  return run();
}
