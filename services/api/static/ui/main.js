// Begins: language, shell, and a view for each address.

import { unreachable, whenUnauthorized } from "./core/api.js";
import { render } from "./core/dom.js";
import { t, useLanguage } from "./core/i18n.js";
import { cameByLink, drop, keep, restore } from "./core/kept.js";
import { route } from "./core/router.js";
import { session } from "./core/session.js";
import { closeDialogs } from "./parts/dialog.js";
import { failed } from "./parts/states.js";
import { mountToasts } from "./parts/toast.js";
import { shell } from "./shell.js";

const VIEWS = {
  "": () => import("./views/overview.js"),
  submit: () => import("./views/submit.js"),
  jobs: () => (route().path.length > 1 ? import("./views/job.js") : import("./views/jobs.js")),
  products: () => (route().path.length > 2 ? import("./views/product.js") : import("./views/products.js")),
  schedules: () => import(`./views/schedules/${partOf(route().path, "runs", "delta")}.js`),
  webhooks: () => import(`./views/webhooks/${partOf(route().path)}.js`),
  failures: () => import("./views/failures.js"),
  system: () => import("./views/system.js"),
  samples: () => import("./views/samples.js"),
};
const NOWHERE = () => import("./views/nowhere.js");

/** Of what is listed: the list, the form for a new or an old one, what is `deep` within one, or its page. */
function partOf(path, deep, deeper) {
  if (path.length === 1) return "list";
  if (path[1] === "new" || path[2] === "edit") return "form";
  return path[2] !== undefined && path[2] === deep ? deeper : "page";
}

const app = document.getElementById("app");
let current = null;
let turn = 0;

/** Shows what the address names; `event` is the change of it, if there was one. */
async function show(event) {
  const mine = (turn += 1);
  const { path, query } = route();
  const before = event?.oldURL ? new URL(event.oldURL).hash : "";
  const back = !cameByLink();
  closeDialogs();
  if (session.signedIn && current?.update?.(path, query)) return;
  leave(before);
  const loaded = await loadedOf(path[0] ?? "");
  if (mine !== turn) return;
  const main = session.signedIn ? shell(app, path[0] ?? "", restart) : app;
  current = (back ? restore(main, location.hash, before) : null) ?? opened(main, loaded, path, query);
  document.title = document.querySelector("h1") ? `${document.querySelector("h1").textContent} · Asinflow` : "Asinflow";
}

/** The module of a place; of one that cannot be fetched now, one that says so. */
async function loadedOf(place) {
  try {
    return await (session.signedIn ? (Object.hasOwn(VIEWS, place) ? VIEWS[place] : NOWHERE)() : import("./views/signin.js"));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { open: (main) => void render(main, failed(unreachable(), reload)) };
  }
}

/** Loads the page anew if it can be had: browsers do not ask again for a module that failed. */
async function reload() {
  if ((await fetch("/healthz").catch(() => null))?.ok) location.reload();
}

function opened(main, loaded, path, query) {
  let view = null;
  render(main);
  try {
    view = loaded.open(main, path, query) ?? null;
  } catch (error) {
    render(main, failed(error, show));
  }
  scrollTo(0, 0);
  // Whoever came by a link goes on reading here, not at the top of the page.
  if (turn > 1) main.focus({ preventScroll: true });
  return view;
}

/** Ends the view of `hash`; a list is kept for whoever comes back. */
function leave(hash) {
  if (current?.resume) keep(current, document.getElementById("main"), hash);
  else current?.close?.();
  current = null;
}

/** Draws everything anew: another language, another user. */
async function restart() {
  current?.close?.();
  current = null;
  drop();
  render(app);
  await show();
}

/** A gateway before the API may have signed the reader in; one that answers with a page of its own has not. */
async function askGateway() {
  const answer = await fetch("/v1/me", { cache: "no-store" }).catch(() => null);
  if (answer?.ok && answer.headers.get("Content-Type")?.includes("json")) session.adopt(await answer.json());
}

whenUnauthorized(() => {
  if (!session.signedIn) return;
  session.end();
  sessionStorage.setItem("asinflow.notice", t("signin.expired"));
  restart();
});
addEventListener("hashchange", show);
addEventListener("asinflow:session", restart);
await useLanguage();
if (!session.signedIn) await askGateway();
mountToasts();
await show();
