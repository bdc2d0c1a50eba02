// Dialogs: the page behind is out of reach meanwhile, and whoever had the focus has it back afterwards.

import { h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";

let number = 0;

/**
 * Opens a dialog with what `contentOf(close)` gives; the promise tells with which value it was closed ("" for Escape or a
 * click outside). One that is `firm` closes by its own buttons only.
 */
export function modal(title, contentOf, { wide = false, firm = false } = {}) {
  const id = `dialog-${(number += 1)}`;
  const dialog = h("dialog", { class: `dialog ${wide ? "dialog-wide" : ""}`, "aria-labelledby": id });
  render(dialog, h("div", { class: "dialog-body" }, h("h2", { id }, title), contentOf((value = "") => dialog.close(value))));
  dialog.addEventListener("click", (event) => !firm && event.target === dialog && dialog.close(""));
  dialog.addEventListener("cancel", (event) => firm && event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue)), { once: true });
  });
}

/** Closes whatever is open: another view is shown. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("");
}

/** True when it is confirmed; Escape, the button beside and a click outside say no. */
export async function confirmed(title, text, action) {
  const answer = await modal(title, (close) => [
    h("p", {}, text),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", autofocus: true, onclick: () => close("no") }, t("action.back")),
      h("button", { class: "button button-danger", onclick: () => close("yes") }, action)),
  ]);
  return answer === "yes";
}
