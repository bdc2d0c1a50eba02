// For operators: what waits where, and whether the services can work.

import { get } from "../core/api.js";
import { every, h, render } from "../core/dom.js";
import { duration, number, t } from "../core/i18n.js";
import { empty, loading, skeleton } from "../parts/states.js";

export function open(root) {
  const health = h("section", { class: "tiles" });
  const place = h("section", { class: "panel panel-flush" });
  render(root, h("h1", {}, t("nav.queues")), health, place);
  loading(place, skeleton(6), () => get("/v1/queues"), table);
  const look = async () => {
    const ready = await (await fetch("/readyz", { cache: "no-store" })).json();
    render(health, ["database", "broker"].map((name) => h("div", { class: "tile" }, h("span", { class: "tile-label" }, t(`health.${name}`)), h("strong", { class: ready[name] ? "good" : "bad" }, t(ready[name] ? "health.up" : "health.down")))));
  };
  look().catch(() => {});
  const stop = every(5_000, async () => {
    const queues = await get("/v1/queues").catch(() => null);
    if (queues) render(place, table(queues));
    await look().catch(() => {});
  });
  return { close: stop };
}

function table({ items }) {
  if (items.length === 0) return empty(t("queues.none"), t("queues.none.text"));
  const most = Math.max(1, ...items.map((queue) => queue.ready));
  const row = (queue) => h("tr", {},
    h("th", { scope: "row" }, h("span", { class: "mono" }, queue.name), h("div", { class: "share", "aria-hidden": true, vars: { share: `${(100 * queue.ready) / most}%` } })),
    h("td", {}, t(`queue.${queue.kind}`)), h("td", { class: "figure" }, number(queue.ready)), h("td", { class: "figure" }, number(queue.unacknowledged)), h("td", { class: "figure" }, number(queue.consumers)),
    h("td", { class: "figure" }, number(queue.ack_rate, 1)), h("td", { class: "figure" }, duration(queue.oldest_age_seconds)));
  const heads = ["name", "kind", "ready", "held", "consumers", "rate", "oldest"];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("nav.queues") },
    h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, t(`queues.${name}`))))), h("tbody", {}, items.map(row))));
}
