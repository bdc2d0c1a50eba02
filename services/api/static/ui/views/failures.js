// For operators: messages that could not be handled, why, and what to do with them.

import { get, send } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { known, t } from "../core/i18n.js";
import { href, refine } from "../core/router.js";
import { session } from "../core/session.js";
import { confirmed, modal } from "../parts/dialog.js";
import { listing } from "../parts/listing.js";
import { empty, loading, skeleton } from "../parts/states.js";
import { since } from "../parts/time.js";
import { attempt, deferred, toast } from "../parts/toast.js";

const FILTERS = ["q", "queue", "code", "job_id"];

export function open(root, _path, query) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
  const place = h("section", { class: "panel panel-flush" });
  let shown = null;
  const draw = () => {
    shown?.close();
    refine(filter);
    shown = table(place, filter);
  };
  const field = (name) => h("input", { type: "search", value: filter[name], placeholder: t(`failures.${name}`), "aria-label": t(`failures.${name}`), oninput: debounced((e) => ((filter[name] = e.target.value.trim()), draw()), 350) });
  const chosen = () => Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  const all = () => (Object.keys(chosen()).length ? chosen() : { all: true });
  const retryAll = async () => {
    const answer = await attempt(() => toTheEnd(() => send("POST", "/v1/failures/retry", all()), ["requested", "already_done", "refused"]));
    if (answer) toast(retried(answer));
    draw();
  };
  const deleteAll = async () => {
    if (!(await confirmed(t("failures.delete.title"), t("failures.delete.text"), t("action.delete")))) return;
    const answer = await attempt(() => toTheEnd(() => send("DELETE", "/v1/failures", undefined, all()), ["deleted"]));
    if (answer) toast(t("failures.deleted", { n: answer.deleted }));
    draw();
  };
  render(root,
    h("div", { class: "head" }, h("h1", {}, t("nav.failures")), session.may("operator") && h("div", { class: "head-side" }, h("button", { class: "button", onclick: retryAll }, t("failures.retryall")), h("button", { class: "button", onclick: deleteAll }, t("failures.deleteall")))),
    h("div", { class: "filters" }, FILTERS.map(field)), place);
  draw();
  return { resume: () => shown.refresh(), close: () => shown.close() };
}

const MOST_ROUNDS = 100;

/** Asks again until all that was chosen is done, and adds up `names` of the answers; what is refused is met each time. */
async function toTheEnd(ask, names) {
  const sum = Object.fromEntries(names.map((name) => [name, 0]));
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const answer = await ask();
    for (const name of names) sum[name] = name === "refused" ? answer[name] : sum[name] + answer[name];
    if (answer.complete) break;
  }
  return sum;
}

/** What came of a retry, in words. */
function retried({ requested, already_done, refused }) {
  return [
    (requested > 0 || already_done + refused === 0) && t("failures.retried", { n: requested }),
    already_done > 0 && t("failures.done", { n: already_done }),
    refused > 0 && t("failures.refused", { n: refused }),
  ].filter(Boolean).join(" ");
}

function table(place, filter) {
  return listing(place, { path: "/v1/failures", query: filter, kind: "failures", label: t("nav.failures"), rowOf: failureRow, nothing: () => empty(t("failures.none"), t("failures.none.text")) });
}

const canRetry = (failure) => failure.refusal === null && failure.retry_requested_at === null;

function failureRow(failure, source) {
  const named = (key) => `${t(key)}: ${failure.code}, ${failure.queue}`;
  return h("div", { class: "failure-row" },
    h("div", { class: "stacked" },
      h("button", { class: "link-button clip", onclick: () => look(failure, source) }, h("strong", {}, failure.code), h("span", { class: "muted" }, ` ${failure.message}`)),
      h("span", { class: "muted clip" }, failure.queue, ` · ${t("failures.attempts", { n: failure.attempts })} · `, since(failure.failed_at))),
    h("div", { class: "buttons" },
      failure.retry_requested_at && h("span", { class: "badge badge-processing" }, t("failures.retrying")),
      h("button", { class: "button button-small", "aria-label": named("action.retry"), disabled: !canRetry(failure), title: failure.refusal && known(`refusal.${failure.refusal}`, failure.refusal), onclick: () => retry(failure, source) }, t("action.retry")),
      h("button", { class: "button button-small", "aria-label": named("action.delete"), onclick: () => remove(failure, source) }, t("action.delete"))));
}

async function retry(failure, source) {
  const answer = await attempt(() => send("POST", `/v1/failures/${failure.id}/retry`));
  if (!answer) return;
  toast(retried(answer));
  const next = answer.already_done > 0 ? null : await get(`/v1/failures/${failure.id}`).catch((error) => (error.status === 404 ? null : failure));
  source.replace(failure.id, next);
}

function remove(failure, source) {
  source.replace(failure.id, null);
  deferred(t("failures.deleted", { n: 1 }), () => send("DELETE", `/v1/failures/${failure.id}`), () => source.refresh(0, 0));
}

function look(failure, source) {
  modal(failure.code, (close) => {
    const body = h("div", {});
    const then = (act) => () => (close(), act(failure, source));
    loading(body, skeleton(2), () => get(`/v1/failures/${failure.id}`), details);
    return [h("p", {}, failure.message),
      failure.refusal && h("p", { class: "notice" }, known(`refusal.${failure.refusal}`, failure.refusal)),
      failure.retry_error && h("p", { class: "notice" }, failure.retry_error),
      body,
      h("div", { class: "dialog-actions" },
        h("button", { class: "button", onclick: then(remove) }, t("action.delete")),
        h("button", { class: "button button-primary", disabled: !canRetry(failure), onclick: then(retry) }, t("action.retry")),
        h("button", { class: "button", autofocus: true, onclick: () => close() }, t("action.close")))];
  }, { wide: true });
}

const block = (title, text) => [h("h3", {}, title), h("pre", { tabindex: 0, "aria-label": title }, text)];

function details(failure) {
  const { payload } = failure;
  return [
    failure.correlation_id && h("p", { class: "links" }, h("a", { href: href(["jobs", failure.correlation_id]) }, t("failures.job")), h("a", { href: href(["failures"], { job_id: failure.correlation_id }) }, t("failures.same"))),
    ...block(t("failures.payload"), payload.format === "json" ? JSON.stringify(payload.value, null, 2) : String(payload.value)),
    ...block(t("failures.headers"), JSON.stringify(failure.headers, null, 2)),
    ...(failure.traceback ? block(t("failures.traceback"), failure.traceback) : []),
  ];
}
