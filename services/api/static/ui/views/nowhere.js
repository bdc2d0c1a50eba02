// For an address that no view has.

import { h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { empty } from "../parts/states.js";

export function open(root, path) {
  const overview = h("a", { class: "button", href: "#/" }, t("nav.overview"));
  render(root, h("h1", {}, t("nowhere.title")), empty(t("nowhere.none"), t("nowhere.text", { address: `#/${path.join("/")}` }), overview));
}
