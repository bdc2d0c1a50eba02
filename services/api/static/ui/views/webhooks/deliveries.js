// What was sent to a webhook or is to be, each with its attempts, its body, and a way to send it again.

import { get, send } from "../../core/api.js";
import { every, h, render } from "../../core/dom.js";
import { moment, number, t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { modal } from "../../parts/dialog.js";
import { segments } from "../../parts/fields.js";
import { listing } from "../../parts/listing.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { since, when } from "../../parts/time.js";
import { attempt, toast } from "../../parts/toast.js";

const STATES = ["", "pending", "delivered", "failed"];
const BADGES = { pending: "processing", delivered: "completed", failed: "failed" };

// What keeps an answer from coming, as the log tells it.
const UNANSWERED = [
  [/open internet/, "forbidden"],
  [/^(ConnectError|ConnectTimeout|PoolTimeout)\b/, "connect"],
  [/^(ReadTimeout|WriteTimeout|TimeoutError)\b/, "timeout"],
  [/^(ReadError|WriteError|CloseError)\b|disconnected|closed/, "broken"],
  [/^RemoteProtocolError\b/, "malformed"],
];

/** How an attempt ended: the status of the answer, or why there was none. */
function endOf({ error, status }) {
  if (!error) return `HTTP ${status}`;
  const [, reason] = UNANSWERED.find(([pattern]) => pattern.test(error)) ?? [];
  return reason ? t(`unanswered.${reason}`) : error;
}

export function openDeliveries(root, address) {
  const place = h("div", { class: "panel panel-flush" });
  let shown = null;
  const pick = (state) => (shown?.close(), (shown = table(place, address, state)));
  render(root, h("div", { class: "head" }, h("h2", {}, t("deliveries.title")), h("div", { class: "head-side" }, segments(t("deliveries.filter"), "state", STATES, "", pick, (state) => (state ? t(`delivery.${state}`) : t("items.all"))))), place);
  pick("");
  const look = () => shown.refresh();
  const stop = every(4_000, look);
  return { look, close: () => (stop(), shown.close()) };
}

function table(place, address, state) {
  return listing(place, {
    path: `${address}/deliveries`, query: { state }, kind: "deliveries", label: t("deliveries.title"),
    nothing: () => empty(t("deliveries.none"), t(state ? "jobs.nofit.text" : "deliveries.none.text")),
    rowOf: (delivery, source) => h("div", { class: "delivery-row" },
      h("button", { class: "link-button", onclick: () => look(`${address}/deliveries/${encodeURIComponent(delivery.id)}`, source) }, h("code", {}, delivery.type), h("span", { class: "hidden" }, `, ${moment(delivery.created_at)}`)),
      h("span", { class: `badge badge-${BADGES[delivery.state]}` }, t(`delivery.${delivery.state}`)),
      h("span", { class: "muted clip" }, lastOf(delivery)),
      h("span", { class: "muted" }, since(delivery.created_at))),
  });
}

function lastOf(delivery) {
  const last = delivery.log.at(-1);
  const next = delivery.next_attempt_at && t("items.next", { at: moment(delivery.next_attempt_at) });
  return [last && endOf(last), t("failures.attempts", { n: delivery.attempts }), next].filter(Boolean).join(" · ");
}

function look(address, source) {
  modal(t("deliveries.one"), (close) => {
    const body = h("div", { class: "stack" });
    const again = async () => {
      const next = await attempt(() => send("POST", `${address}/replay`));
      if (!next) return;
      source.replace(next.id, next);
      toast(t("deliveries.replayed"));
      close("replayed");
    };
    const replay = h("button", { class: "button button-primary", hidden: true, onclick: again }, t("deliveries.replay"));
    loading(body, skeleton(2), () => get(address), (delivery) => {
      replay.hidden = delivery.state === "pending" || !session.may("jobs:write");
      return details(delivery);
    });
    return [body, h("div", { class: "dialog-actions" }, replay, h("button", { class: "button", autofocus: true, onclick: () => close() }, t("action.close")))];
  }, { wide: true });
}

function details(delivery) {
  const attempts = delivery.log.map((each) => h("li", {},
    h("div", { class: "pairs-line" }, h("span", {}, when(each.at, moment), h("span", { class: "muted" }, ` · ${number(each.milliseconds)} ms`)), h("strong", { class: each.status >= 200 && each.status < 300 ? "good" : "bad" }, endOf(each))),
    each.error && each.error !== endOf(each) && h("p", { class: "help" }, each.error),
    each.answer && h("pre", { tabindex: 0, "aria-label": t("deliveries.answer") }, each.answer)));
  return [
    h("p", { class: "muted" }, h("code", {}, delivery.type), " ", h("code", {}, delivery.id), delivery.replays > 0 && ` ${t("deliveries.replays", { n: delivery.replays })}`),
    h("h3", {}, t("deliveries.body")), h("pre", { tabindex: 0, "aria-label": t("deliveries.body") }, pretty(delivery.body)),
    h("h3", {}, t("deliveries.attempts")), attempts.length > 0 ? h("ol", {}, attempts) : h("p", { class: "muted" }, t("deliveries.unsent")),
  ];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
