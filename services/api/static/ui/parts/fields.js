// Inputs with their labels.

import { h } from "../core/dom.js";

let choices = 0;

/** A select; `onPick` gets the value, `nameOf` tells what each is called. */
export function choice(label, values, picked, onPick, nameOf = (value) => value) {
  const id = `choice-${(choices += 1)}`;
  return h("div", { class: "field field-compact" }, h("label", { for: id }, label),
    h("select", { id, onchange: (event) => onPick(event.target.value) }, values.map((value) => h("option", { value, selected: value === picked }, nameOf(value)))));
}

/** A labelled input; `help` is read with it. */
export function input(label, attributes, help) {
  const id = attributes.id;
  return h("div", { class: "field" }, h("label", { for: id }, label), h("input", { "aria-describedby": help ? `${id}-help` : null, ...attributes }), help && h("p", { class: "help", id: `${id}-help` }, help));
}

/** One of few, side by side; `onPick` gets the value. */
export function segments(legend, name, values, picked, onPick, nameOf) {
  return h("fieldset", { class: "segments" }, h("legend", { class: "hidden" }, legend),
    values.map((value) => h("label", {}, h("input", { type: "radio", name, value, checked: value === picked, onchange: () => onPick(value) }), h("span", {}, nameOf(value)))));
}

/** A labelled text of several lines; `help` is read with it. */
export function area(label, attributes, help) {
  const id = attributes.id;
  return h("div", { class: "field" }, h("label", { for: id }, label), h("textarea", { "aria-describedby": help ? `${id}-help` : null, ...attributes }), help && h("p", { class: "help", id: `${id}-help` }, help));
}

/** A box to tick; `onPick` gets whether it is. */
export function check(label, checked, onPick, attributes = {}) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", checked, onchange: (event) => onPick(event.target.checked), ...attributes }), label);
}
