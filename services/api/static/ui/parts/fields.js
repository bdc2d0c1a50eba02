// Inputs with their labels.

import { h } from "../core/dom.js";

/** A select; `onPick` gets the value, `nameOf` tells what each is called. */
export function choice(label, values, picked, onPick, nameOf = (value) => value) {
  return h("label", { class: "field field-compact" }, h("span", {}, label),
    h("select", { onchange: (event) => onPick(event.target.value) }, values.map((value) => h("option", { value, selected: value === picked }, nameOf(value)))));
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
