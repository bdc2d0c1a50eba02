// One webhook: how it is, its secrets, and what was sent to it.

import { get, send } from "../../core/api.js";
import { h, render } from "../../core/dom.js";
import { fullMoment, percent, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { confirmed, modal } from "../../parts/dialog.js";
import { choice } from "../../parts/fields.js";
import { loading, skeleton } from "../../parts/states.js";
import { since } from "../../parts/time.js";
import { attempt, toast } from "../../parts/toast.js";
import { openDeliveries } from "./deliveries.js";
import { showSecret } from "./form.js";
import { stateBadge } from "./list.js";

const OVERLAPS = ["0", "1", "24", "168"];

export function open(root, path) {
  const address = `/v1/webhooks/${encodeURIComponent(path[1])}`;
  let deliveries = null;
  loading(root, skeleton(3, "block"), () => get(address), (webhook) => {
    const [head, place] = [h("div", { class: "stack" }), h("section", { class: "stack" })];
    const draw = (next) => render(head, heading(next, draw, () => deliveries.look()), facts(next));
    draw(webhook);
    queueMicrotask(() => ((document.title = `${webhook.description || webhook.url} · Asinflow`), (deliveries = openDeliveries(place, address))));
    return [head, place];
  });
  return { close: () => deliveries?.close() };
}

function heading(webhook, draw, look) {
  const address = `/v1/webhooks/${webhook.id}`;
  const act = (run) => async () => {
    const next = await attempt(run);
    if (next) draw(next);
  };
  const ping = async () => {
    if (await attempt(() => send("POST", `${address}/ping`))) (toast(t("webhooks.pinged")), look());
  };
  const button = (key, onclick) => h("button", { class: "button", onclick }, t(key));
  return [
    h("p", { class: "crumb" }, h("a", { href: href(["webhooks"]) }, t("nav.webhooks"))),
    h("div", { class: "head" }, h("h1", { class: "job-name" }, webhook.description || webhook.url), stateBadge(webhook),
      session.may("jobs:write") && h("div", { class: "head-side" },
        webhook.enabled && button("webhooks.ping", ping),
        button(webhook.enabled ? "webhooks.disable" : "webhooks.enable", act(() => send("PATCH", address, { enabled: !webhook.enabled }))),
        button("webhooks.rotate", () => rotate(webhook, address, draw)),
        h("a", { class: "button", href: href(["webhooks", webhook.id, "edit"]) }, t("action.edit")),
        button("action.delete", () => remove(webhook)))),
  ];
}

async function remove(webhook) {
  if (!(await confirmed(t("webhooks.delete.title"), t("webhooks.delete.text"), t("action.delete")))) return;
  if (await attempt(async () => (await send("DELETE", `/v1/webhooks/${webhook.id}`), true))) {
    toast(t("webhooks.deleted"));
    go(["webhooks"]);
  }
}

/** Asks for how long both secrets shall sign, and of two that do already which one stops; then shows the new one. */
async function rotate(webhook, address, draw) {
  let [hours, drop] = ["24", "previous"];
  const two = webhook.secrets.filter((each) => !each.expires_at || new Date(each.expires_at) > new Date()).length > 1;
  const nameOf = (value) => (value === "0" ? t("webhooks.overlap.none") : t("webhooks.overlap.hours", { n: Number(value) }));
  const answer = await modal(t("webhooks.rotate.title"), (close) => [
    h("p", {}, t("webhooks.rotate.text")),
    choice(t("webhooks.overlap"), OVERLAPS, hours, (value) => (hours = value), nameOf),
    two && choice(t("webhooks.drop"), ["previous", "present"], drop, (value) => (drop = value), (value) => `${t(`webhooks.drop.${value}`)} ${webhook.secrets[value === "present" ? 0 : 1].hint}`),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", autofocus: true, onclick: () => close() }, t("action.dismiss")),
      h("button", { class: "button button-primary", onclick: () => close("rotate") }, t("webhooks.rotate"))),
  ]);
  if (answer !== "rotate") return;
  const next = await attempt(() => send("POST", `${address}/rotate-secret`, { overlap_hours: Number(hours), ...(two ? { drop } : {}) }));
  if (!next) return;
  await showSecret(next.secret);
  draw(next);
}

/** Why it was switched off, in the reader's language where the reason is a known one. */
function whyOff(reason) {
  const [, days] = /taken nothing for ([\d.]+) days/.exec(reason) ?? [];
  if (days) return t("webhooks.off.failing", { n: Number(days) });
  return reason.includes("410") ? t("webhooks.off.gone") : reason;
}

function facts(webhook) {
  const pair = (key, value) => value && h("div", { class: "pairs-line" }, h("dt", {}, t(key)), h("dd", {}, value));
  const secret = (each) => h("div", { class: "pairs-line" }, h("dt", { class: "mono" }, each.hint), h("dd", {}, each.expires_at ? t("webhooks.secret.until", { at: fullMoment(each.expires_at) }) : t("webhooks.secret.present")));
  return [
    webhook.disabled_reason && h("p", { class: "notice", role: "status" }, t("webhooks.off", { reason: whyOff(webhook.disabled_reason) })),
    h("div", { class: "charts" },
      h("section", { class: "panel" }, h("h2", {}, t("webhooks.what")), h("dl", { class: "pairs" },
        pair("webhooks.url", h("span", { class: "mono" }, webhook.url)),
        pair("webhooks.sends", h("span", { class: "events-list" }, webhook.events.map((event) => h("code", {}, event)))),
        webhook.events.includes("job.progressed") && pair("webhooks.progress", webhook.progress.map((step) => percent(step)).join(", ")),
        pair("webhooks.failing", webhook.failing_since && h("span", { class: "bad" }, since(webhook.failing_since))))),
      h("section", { class: "panel" }, h("h2", {}, t("webhooks.secrets")), h("dl", { class: "pairs" }, webhook.secrets.map(secret)), h("p", { class: "help" }, t("webhooks.secrets.help")))),
  ];
}
