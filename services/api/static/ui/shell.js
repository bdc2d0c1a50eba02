// What surrounds every view: name, navigation, language, light or dark, who is signed in.

import { h, render } from "./core/dom.js";
import { LANGUAGES, currentLanguage, ownZone, t, useLanguage } from "./core/i18n.js";
import { href } from "./core/router.js";
import { session } from "./core/session.js";

const PLACES = [
  ["", "nav.overview", "jobs:read"],
  ["jobs", "nav.jobs", "jobs:read"],
  ["products", "nav.products", "products:read"],
  ["schedules", "nav.schedules", "jobs:read"],
  ["webhooks", "nav.webhooks", "jobs:read"],
  ["failures", "nav.failures", "operator"],
  ["system", "nav.system", "operator"],
  ["samples", "nav.samples", "operator"],
];

// What is on the screen may be old while nothing comes.
const away = h("div", { class: "away", role: "status" });
addEventListener("asinflow:reach", ({ detail }) => render(away, detail ? "" : h("p", { class: "notice" }, t("state.away"))));

/** Draws the shell into `app` where it is not there yet, marks the place, and gives the element for the view. */
export function shell(app, place, restart) {
  if (!app.querySelector("main")) {
    const skip = h("a", { class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), document.getElementById("main").focus()) }, t("nav.skip"));
    render(app, skip, top(restart), away, h("main", { id: "main", tabindex: -1 }), bottom());
  }
  for (const link of app.querySelectorAll("nav a")) {
    if (link.dataset.place === place) {
      link.setAttribute("aria-current", "page");
      // Not scrollIntoView: the Tab key would begin from there.
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 40;
    } else link.removeAttribute("aria-current");
  }
  return app.querySelector("main");
}

function top(restart) {
  const links = PLACES.filter(([, , scope]) => session.may(scope)).map(([place, key]) =>
    h("a", { href: place ? href([place]) : "#/", data: { place } }, t(key)));
  return h("header", { class: "top" },
    h("a", { class: "brand", href: "#/" }, h("img", { src: "/ui/icon.svg", alt: "", width: 26, height: 26 }), "Asinflow"),
    h("nav", { "aria-label": t("nav.label") }, links),
    h("div", { class: "top-side" },
      session.may("jobs:write") && h("a", { class: "button button-primary button-small", href: href(["submit"]), data: { place: "submit" } }, t("nav.submit")),
      account(restart)));
}

function bottom() {
  const zone = new Date().toLocaleTimeString(currentLanguage(), { timeZoneName: "shortOffset" }).split(" ").pop();
  return h("footer", { class: "bottom muted" }, h("span", {}, t("footer.zone", { zone: `${ownZone()} (${zone})` })), h("a", { href: "/docs" }, t("footer.api")));
}

function account(restart) {
  const menu = h("details", { class: "menu account", onkeydown: (event) => event.key === "Escape" && menu.open && ((menu.open = false), menu.querySelector("summary").focus()), onfocusout: (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && (menu.open = false) },
    h("summary", { "aria-label": t("nav.account") }, h("span", { class: "avatar", "aria-hidden": true }, session.user.slice(0, 1).toUpperCase())),
    h("div", { class: "menu-body" },
      h("p", { class: "menu-name" }, session.user),
      ...preferences(restart),
      !session.byGateway && h("button", { class: "button", onclick: () => (session.end(), (location.hash = "#/"), restart()) }, t("nav.signout"))));
  return menu;
}

/** The choice of language and of light or dark. */
export function preferences(restart) {
  const language = h("select", { onchange: async (event) => (await useLanguage(event.target.value), restart()) },
    Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code, selected: code === currentLanguage() }, name)));
  const theme = h("select", { onchange: (event) => useTheme(event.target.value) },
    ["system", "light", "dark"].map((name) => h("option", { value: name, selected: name === (localStorage.getItem("asinflow.theme") ?? "system") }, t(`theme.${name}`))));
  return [
    h("label", { class: "field field-inline" }, h("span", {}, t("nav.language")), language),
    h("label", { class: "field field-inline" }, h("span", {}, t("nav.theme")), theme),
  ];
}

function useTheme(name) {
  if (name === "system") {
    localStorage.removeItem("asinflow.theme");
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem("asinflow.theme", name);
    document.documentElement.dataset.theme = name;
  }
}
