// Short words at the edge of the page, with a way back where there is one.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { explain } from "./states.js";

const SECONDS = 6;
// A live region is heard only if it was there before its words.
const shelf = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

export function mountToasts() {
  document.body.append(shelf);
}

/** `undo` takes back what was done. `kind` is "good" or "bad". */
export function toast(text, { kind = "good", undo } = {}) {
  const box = h("div", { class: `toast toast-${kind}` }, h("span", {}, text));
  const close = () => (clearTimeout(timer), box.remove());
  const timer = setTimeout(close, SECONDS * 1000);
  if (undo) box.append(h("button", { class: "toast-action", onclick: () => (close(), undo()) }, t("action.undo")));
  box.append(h("button", { class: "toast-close", "aria-label": t("action.close"), onclick: close }, "×"));
  shelf.append(box);
}

/** Runs `act`, and tells when the API would not. Its result, or undefined. */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    toast(explain(error), { kind: "bad" });
    return undefined;
  }
}

/** Does `act` once nobody has taken it back for a while, or when the page is left; `restore` shows it as before. */
export function deferred(text, act, restore) {
  let state = "waiting";
  const finish = async () => {
    if (state !== "waiting") return;
    state = "done";
    removeEventListener("pagehide", finish);
    if ((await attempt(async () => (await act(), true))) === undefined) restore();
  };
  const timer = setTimeout(finish, SECONDS * 1000);
  addEventListener("pagehide", finish);
  toast(text, { undo: () => ((state = "undone"), clearTimeout(timer), removeEventListener("pagehide", finish), restore()) });
}
