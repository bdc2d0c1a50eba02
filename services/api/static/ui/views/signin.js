// The door: a token, and nothing else.

import { h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { claimsOf, session } from "../core/session.js";
import { preferences } from "../shell.js";

export function open(root) {
  const notice = sessionStorage.getItem("asinflow.notice");
  sessionStorage.removeItem("asinflow.notice");
  const input = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "token-help token-error", autofocus: true });
  const error = h("p", { id: "token-error", class: "field-error", role: "alert" }, notice);
  const submit = (event) => {
    event.preventDefault();
    const token = input.value.trim().replace(/^Bearer\s+/i, "");
    const claims = claimsOf(token);
    if (claims === null) return void (error.textContent = t("signin.malformed"));
    if (claims.exp * 1000 < Date.now()) return void (error.textContent = t("signin.expired"));
    session.begin(token);
    dispatchEvent(new Event("asinflow:session"));
  };
  const again = () => dispatchEvent(new Event("asinflow:session"));
  render(root, h("main", { class: "door" },
    h("div", { class: "door-card" },
      h("img", { src: "/ui/icon.svg", alt: "", width: 48, height: 48 }),
      h("h1", {}, t("signin.title")),
      h("p", { class: "muted" }, t("signin.text")),
      h("form", { onsubmit: submit },
        h("label", { class: "field", for: "token" }, h("span", {}, t("signin.token")), input),
        error,
        h("p", { id: "token-help", class: "help" }, t("signin.help"), " ", h("code", {}, "./asinflow token --user you")),
        h("button", { class: "button button-primary button-wide" }, t("signin.enter"))),
      h("div", { class: "door-side" }, preferences(again)))));
  input.focus();
}
