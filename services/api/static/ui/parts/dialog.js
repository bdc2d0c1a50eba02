// A question before what cannot be taken back.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

let number = 0;

/** True when it is confirmed; Escape, the button beside and a click outside say no. */
export function confirmed(title, text, action) {
  const id = `dialog-${(number += 1)}`;
  const no = h("button", { class: "button", value: "no", autofocus: true }, t("action.back"));
  const yes = h("button", { class: "button button-danger", value: "yes" }, action);
  const form = h("form", { method: "dialog", class: "dialog-body" }, h("h2", { id }, title), h("p", {}, text), h("div", { class: "dialog-actions" }, no, yes));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, form);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close("no"));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "yes")), { once: true });
  });
}
