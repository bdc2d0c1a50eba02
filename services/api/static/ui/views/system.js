// For operators: whether the services are there, how marketplaces may be asked, and what waits where.

import { get } from "../core/api.js";
import { every, h, render } from "../core/dom.js";
import { duration, known, number, t } from "../core/i18n.js";
import { empty, loading, skeleton } from "../parts/states.js";
import { since, when } from "../parts/time.js";

const COLLECTING = "collector.item_collect.";
const STATES = { up: "good", resting: "warn", down: "bad" };
const CIRCUITS = { closed: "completed", paused: "paused", open: "failed", trying: "processing" };

export function open(root) {
  const health = h("section", { class: "tiles tiles-small", "aria-label": t("system.services") });
  const paces = h("section", { class: "panel panel-flush" });
  const queues = h("section", { class: "panel panel-flush" });
  render(root, h("h1", {}, t("nav.system")), health,
    h("section", { class: "stack" }, h("h2", {}, t("system.pace")), paces),
    h("section", { class: "stack" }, h("h2", {}, t("nav.queues")), queues));
  const show = (found) => (render(health, tiles(found)), render(paces, paceTable(found)), queueTable(found));
  loading(queues, skeleton(6), look, show);
  const stop = every(10_000, async () => {
    const found = await look().catch(() => null);
    // Who has scrolled a table or reads in it is not interrupted.
    if (found && !root.querySelector(".scroll:focus-within")) render(queues, show(found));
  });
  return { close: stop };
}

/** What each of the three tells; null from one that cannot be asked because the database or the broker is away. */
async function look() {
  const told = await Promise.all(["services", "pace", "queues"].map((name) => get(`/v1/${name}`).catch(unlessAway)));
  return Object.fromEntries(["services", "pace", "queues"].map((name, place) => [name, told[place]?.items ?? null]));
}

function unlessAway(error) {
  if (error.status === 503) return null;
  throw error;
}

function tiles({ services, pace, queues }) {
  const tile = (name, state, kind, note) => h("div", { class: "tile tile-small" }, h("span", { class: "tile-label" }, name), h("strong", { class: kind }, state), h("span", { class: "muted" }, note));
  const part = (name, found) => tile(t(`health.${name}`), t(found ? "health.up" : "health.down"), found ? "good" : "bad", "");
  const service = (each) => tile(each.name, t(`health.${each.state}`), STATES[each.state],
    [t("system.consumers", { n: each.consumers }), each.leader && t("system.leader", { name: each.leader })].filter(Boolean).join(" · "));
  return [part("database", pace), part("broker", queues), (services ?? []).map(service)];
}

function table(label, heads, rows) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
}

const cell = (...children) => h("td", { class: "figure" }, children);

function paceTable({ pace, queues }) {
  if (!pace?.length) return empty(t("pace.none"), t("pace.none.text"));
  const done = (each) => queues?.find((queue) => queue.name === COLLECTING + each.marketplace)?.ack_rate;
  const row = (each) => h("tr", {},
    h("th", { scope: "row" }, each.marketplace, each.egress && h("span", { class: "muted" }, ` ${each.egress}`)),
    h("td", {}, h("span", { class: `badge badge-${CIRCUITS[each.circuit]}` }, t(`circuit.${each.circuit}`)),
      each.blocked_until && h("div", { class: "muted" }, t("pace.until"), " ", when(each.blocked_until)),
      each.blocks > 0 && h("div", { class: "muted" }, [t("pace.blocks", { n: each.blocks }), each.reason && known(`error.${each.reason}`, each.reason)].filter(Boolean).join(" · "))),
    cell(each.interval_seconds ? t("pace.interval", { n: number(each.interval_seconds, 2) }) : t("pace.unlimited")),
    cell(used(each, done(each))),
    cell(each.fetch_seconds ? t("pace.interval", { n: number(each.fetch_seconds, 2) }) : "–"),
    cell(since(each.asked_at) ?? "–"));
  return table(t("system.pace"), ["marketplace", "circuit", "least", "used", "page", "asked"].map((name) => t(`pace.${name}`)), pace.map(row));
}

/** Requests a minute: how many are done, where the broker tells, of how many there may be. */
function used(pace, rate) {
  const most = pace.requests_per_minute;
  const done = rate === null || rate === undefined ? null : rate * 60;
  const share = done !== null && most ? Math.min(100, (100 * done) / most) : 0;
  return [`${done === null ? "" : `${number(done)} / `}${most ? number(most) : "∞"}`, share > 0 && h("div", { class: "share share-accent", "aria-hidden": true, vars: { share: `${share}%` } })];
}

function queueTable({ queues }) {
  if (!queues?.length) return empty(t("queues.none"), t("queues.none.text"));
  const most = Math.max(1, ...queues.map((queue) => queue.ready));
  const row = (queue) => h("tr", {},
    h("th", { scope: "row" }, h("span", { class: "mono" }, queue.name), h("div", { class: "share", "aria-hidden": true, vars: { share: `${(100 * queue.ready) / most}%` } })),
    h("td", {}, t(`queue.${queue.kind}`)), cell(number(queue.ready)), cell(number(queue.unacknowledged)), cell(number(queue.consumers)),
    cell(number(queue.ack_rate, 1)), cell(duration(queue.oldest_age_seconds)));
  return table(t("nav.queues"), ["name", "kind", "ready", "held", "consumers", "rate", "oldest"].map((name) => t(`queues.${name}`)), queues.map(row));
}
