// A new job: what to collect, checked while it is typed, and what it would come to.

import { newKey, request } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { isReady, jobForm, metadataOf, newDraft, optionsOf, requestOf, tagsOf } from "../parts/jobform.js";
import { quoteCard } from "../parts/quote.js";
import { explain } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const KINDS = { csv: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };

export function open(root) {
  const draft = { ...newDraft(), key: newKey() };
  const aside = h("aside", { class: "panel quote", "aria-label": t("quote.title"), "aria-live": "polite" });
  const send = h("button", { class: "button button-primary button-wide", disabled: true }, t("submit.send"));
  const error = h("p", { class: "field-error", role: "alert" });
  let asked = null;
  const quote = debounced(async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await (await post(draft, true, asked.signal)).json();
      render(aside, quoteCard(answer));
      send.disabled = answer.counts !== null && answer.counts.accepted === 0;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      render(aside, h("h2", {}, t("quote.title")), h("p", { class: "field-error" }, explain(problem)));
    }
  }, 500);
  const changed = () => {
    draft.key = newKey();
    error.textContent = "";
    send.disabled = true;
    if (isReady(draft)) quote();
    else render(aside, h("h2", {}, t("quote.title")), h("p", { class: "muted" }, t("quote.none")));
  };
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const job = await (await post(draft, false)).json();
      toast(t("submit.done"));
      go(["jobs", job.id]);
    } catch (problem) {
      error.textContent = explain(problem);
      send.disabled = false;
    }
  };
  render(root, h("h1", {}, t("submit.title")),
    h("form", { class: "submit", onsubmit: submit },
      h("div", { class: "panel submit-main" }, jobForm(draft, changed)),
      h("div", { class: "submit-side" }, aside, error, send)));
  changed();
  return { close: () => asked?.abort() };
}

/** Posts the draft as JSON, or its file as it is with the options beside it. */
function post(draft, dry, signal) {
  const headers = dry ? {} : { "Idempotency-Key": draft.key };
  const query = dry ? { dry_run: true } : {};
  if (draft.type !== "BULK_ASIN" || draft.file === null) return request("POST", "/v1/jobs", { query, json: requestOf(draft), headers, signal });
  const kind = KINDS[draft.file.name.split(".").pop().toLowerCase()] ?? "text/plain";
  const metadata = metadataOf(draft);
  const beside = { marketplace: draft.marketplace, priority: draft.priority, tags: tagsOf(draft).join(","), ...optionsOf(draft), ...(Object.keys(metadata).length ? { metadata: JSON.stringify(metadata) } : {}) };
  return request("POST", "/v1/jobs", { query: { ...query, ...beside }, body: draft.file, headers: { ...headers, "Content-Type": kind }, signal });
}
