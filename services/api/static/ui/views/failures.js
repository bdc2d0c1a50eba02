// For operators: messages that could not be handled, why, and what to do with them.

import { get, send } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { ago, t } from "../core/i18n.js";
import { refine } from "../core/router.js";
import { Source } from "../core/source.js";
import { confirmed } from "../parts/dialog.js";
import { empty, failed, loading, skeleton } from "../parts/states.js";
import { attempt, deferred, toast } from "../parts/toast.js";

const FILTERS = ["q", "queue", "code", "job_id"];

export function open(root, _path, query) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
  const place = h("section", {});
  let source = null;
  const draw = () => {
    source?.close();
    refine(filter);
    source = listing(place, filter);
  };
  const field = (name) => h("input", { type: "search", value: filter[name], placeholder: t(`failures.${name}`), "aria-label": t(`failures.${name}`), oninput: debounced((e) => ((filter[name] = e.target.value.trim()), draw()), 350) });
  const chosen = () => Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  const all = () => (Object.keys(chosen()).length ? chosen() : { all: true });
  const retryAll = async () => {
    const answer = await attempt(() => send("POST", "/v1/failures/retry", all()));
    if (answer) toast(t("failures.retried", { n: answer.requested, refused: answer.refused }));
    draw();
  };
  const deleteAll = async () => {
    if (!(await confirmed(t("failures.delete.title"), t("failures.delete.text"), t("action.delete")))) return;
    const answer = await attempt(() => send("DELETE", "/v1/failures", undefined, all()));
    if (answer) toast(t("failures.deleted", { n: answer.deleted }));
    draw();
  };
  render(root,
    h("div", { class: "head" }, h("h1", {}, t("nav.failures")), h("div", { class: "head-side" }, h("button", { class: "button", onclick: retryAll }, t("failures.retryall")), h("button", { class: "button", onclick: deleteAll }, t("failures.deleteall")))),
    h("div", { class: "filters" }, FILTERS.map(field)), place);
  draw();
  return { close: () => source.close() };
}

function listing(place, filter) {
  const tell = (error) => render(place, failed(error, () => source.more().catch(tell)));
  const source = new Source("/v1/failures", filter, { keyOf: (each) => each.id, limit: 50, onChange: show });
  const next = h("button", { class: "button", onclick: () => source.more().catch(tell) }, t("action.more"));
  const rows = new Map();
  render(place, skeleton(4));
  function show(failures) {
    if (failures.length === 0) return void render(place, empty(t("failures.none"), t("failures.none.text")));
    const items = failures.map((failure) => {
      if (rows.get(failure.id)?.failure !== failure) rows.set(failure.id, { failure, element: failureRow(failure, source) });
      return rows.get(failure.id).element;
    });
    render(place, h("ul", { class: "panel rows" }, items), !source.ended && next);
  }
  source.more().catch(tell);
  return source;
}

function failureRow(failure, source) {
  const detail = h("div", { class: "failure-detail" });
  const open = (event) => event.target.open && !detail.hasChildNodes() && loading(detail, skeleton(2), () => get(`/v1/failures/${failure.id}`), details);
  const retry = async () => {
    const answer = await attempt(() => send("POST", `/v1/failures/${failure.id}/retry`));
    if (answer) source.replace(failure.id, await get(`/v1/failures/${failure.id}`));
  };
  const remove = () => {
    source.replace(failure.id, null);
    deferred(t("failures.deleted", { n: 1 }), () => send("DELETE", `/v1/failures/${failure.id}`), () => source.refresh(0, 0));
  };
  return h("li", {}, h("details", { class: "failure", ontoggle: open },
    h("summary", {}, h("span", { class: "grow" }, h("strong", {}, failure.code), h("span", { class: "muted clip" }, failure.message), h("span", { class: "muted" }, [failure.queue, t("failures.attempts", { n: failure.attempts }), ago(failure.failed_at)].join(" · "))), failure.retry_requested_at && h("span", { class: "badge badge-processing" }, t("failures.retrying"))),
    h("div", { class: "buttons" },
      h("button", { class: "button button-small", disabled: failure.refusal !== null || failure.retry_requested_at !== null, title: failure.refusal, onclick: retry }, t("action.retry")),
      h("button", { class: "button button-small", onclick: remove }, t("action.delete"))),
    detail));
}

const block = (title, text) => [h("h3", {}, title), h("pre", { tabindex: 0, "aria-label": title }, text)];

function details(failure) {
  const { payload } = failure;
  return [
    ...block(t("failures.payload"), payload.format === "json" ? JSON.stringify(payload.value, null, 2) : String(payload.value)),
    ...block(t("failures.headers"), JSON.stringify(failure.headers, null, 2)),
    ...(failure.traceback ? block(t("failures.traceback"), failure.traceback) : []),
  ];
}
