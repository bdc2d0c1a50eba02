// Begins: language, shell, and a view for each address.

import { whenUnauthorized } from "./core/api.js";
import { render } from "./core/dom.js";
import { t, useLanguage } from "./core/i18n.js";
import { route } from "./core/router.js";
import { session } from "./core/session.js";
import { failed } from "./parts/states.js";
import { mountToasts } from "./parts/toast.js";
import { shell } from "./shell.js";

const VIEWS = {
  "": () => import("./views/overview.js"),
  submit: () => import("./views/submit.js"),
  jobs: () => (route().path.length > 1 ? import("./views/job.js") : import("./views/jobs.js")),
  products: () => (route().path.length > 2 ? import("./views/product.js") : import("./views/products.js")),
  failures: () => import("./views/failures.js"),
  queues: () => import("./views/queues.js"),
  samples: () => import("./views/samples.js"),
};

const app = document.getElementById("app");
let current = null;
let turn = 0;

async function show() {
  const mine = (turn += 1);
  const { path, query } = route();
  if (session.token && current?.update?.(path, query)) return;
  current?.close?.();
  current = null;
  const loaded = await (session.token ? (VIEWS[path[0] ?? ""] ?? VIEWS[""])() : import("./views/signin.js"));
  if (mine !== turn) return;
  const main = session.token ? shell(app, path[0] ?? "", restart) : app;
  render(main);
  try {
    current = loaded.open(main, path, query) ?? null;
  } catch (error) {
    render(main, failed(error, show));
  }
  scrollTo(0, 0);
  document.title = document.querySelector("h1") ? `${document.querySelector("h1").textContent} · Asinflow` : "Asinflow";
}

/** Draws everything anew: another language, another user. */
async function restart() {
  current?.close?.();
  current = null;
  render(app);
  await show();
}

whenUnauthorized(() => {
  if (!session.token) return;
  session.end();
  sessionStorage.setItem("asinflow.notice", t("signin.expired"));
  restart();
});
addEventListener("hashchange", show);
addEventListener("asinflow:session", restart);
await useLanguage();
mountToasts();
await show();
