// A new job: what to collect, checked while it is typed, and what it would come to.

import { ApiError, newKey, request } from "../core/api.js";
import { debounced, h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { draftLike } from "../parts/again.js";
import { isReady, jobForm, metadataOf, newDraft, requestOf, settingsOf, tagsOf } from "../parts/jobform.js";
import { quoteCard } from "../parts/quote.js";
import { explain, loading, skeleton } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const KINDS = { csv: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };

export function open(root, _path, query) {
  if (!query.from) return form(root, newDraft());
  let shown = null;
  loading(root, skeleton(3, "block"), () => draftLike(query.from), (draft) => {
    const place = h("div", { class: "stack" });
    shown = form(place, draft);
    return place;
  });
  return { close: () => shown?.close() };
}

function form(root, begun) {
  const draft = { ...begun, key: newKey() };
  const aside = h("aside", { class: "panel quote", "aria-label": t("quote.title"), "aria-live": "polite" });
  const send = h("button", { class: "button button-primary button-wide", disabled: true }, t("submit.send"));
  const error = h("p", { class: "field-error", role: "alert" });
  const quote = quoting(draft, aside, send);
  const changed = () => {
    draft.key = newKey();
    error.textContent = "";
    send.disabled = true;
    quote.changed();
  };
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const response = await sent(draft, (problem) => (error.textContent = explain(problem)));
      const job = await response.json();
      toast(told(job, response.headers.has("Idempotency-Replayed")));
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
  return { close: quote.close };
}

const PATIENCE_SECONDS = 15;
const TRIES = 4;

/** Sends the draft; where there were too many requests, again as soon as there may be more, and `wait` is told. */
async function sent(draft, wait) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await post(draft, false);
    } catch (problem) {
      if (problem.status !== 429 || problem.retryAfter > PATIENCE_SECONDS || tries === TRIES) throw problem;
      wait(problem);
      await new Promise((resolve) => setTimeout(resolve, problem.retryAfter * 1_000));
    }
  }
}

/** What became of what was handed in: a list is told line by line. */
function told({ counts }, replayed) {
  if (replayed) return t("submit.replayed");
  const left = counts ? ["duplicate", "invalid"].filter((name) => counts[name] > 0).map((name) => t(`submit.${name}`, { n: counts[name] })) : [];
  return left.length ? t("submit.done.left", { n: counts.accepted, left: left.join(", ") }) : t("submit.done");
}

/** Shows in `aside` what the draft would come to, and lets it be sent where it can be. */
function quoting(draft, aside, send) {
  let asked = null;
  let retry = 0;
  const none = (...text) => render(aside, h("h2", {}, t("quote.title")), text);
  const look = async () => {
    const mine = (asked = new AbortController());
    try {
      const answer = await (await post(draft, true, mine.signal)).json();
      render(aside, quoteCard(answer));
      send.disabled = answer.counts !== null && answer.counts.accepted === 0;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      none(h("p", { class: "field-error" }, explain(problem)));
      // Without a quote one can do, and it may come later; what is refused would be refused when it is sent, too.
      const passing = problem instanceof ApiError && (problem.status === 429 || problem.status >= 500);
      send.disabled = !passing;
      if (passing) retry = setTimeout(look, Math.max(1, problem.retryAfter) * 1_000);
    }
  };
  const soon = debounced(() => isReady(draft) && look(), 500);
  const stop = () => (asked?.abort(), clearTimeout(retry));
  const changed = () => {
    stop();
    if (!isReady(draft)) none(h("p", { class: "muted" }, t("quote.none")));
    soon();
  };
  return { changed, close: () => (stop(), soon.cancel()) };
}

/** Posts the draft as JSON, or its file as it is with the options beside it. */
function post(draft, dry, signal) {
  const headers = dry ? {} : { "Idempotency-Key": draft.key };
  const query = dry ? { dry_run: true } : {};
  if (draft.type !== "BULK_ASIN" || draft.file === null) return request("POST", "/v1/jobs", { query, json: requestOf(draft), headers, signal });
  const kind = KINDS[draft.file.name.split(".").pop().toLowerCase()] ?? "text/plain";
  const { quality_gate: gate, ...options } = settingsOf(draft);
  const written = Object.entries({ metadata: metadataOf(draft), quality_gate: gate ?? {} }).filter(([, value]) => Object.keys(value).length > 0);
  const beside = { marketplace: draft.marketplace, priority: draft.priority, tags: tagsOf(draft).join(","), ...options, ...Object.fromEntries(written.map(([name, value]) => [name, JSON.stringify(value)])) };
  return request("POST", "/v1/jobs", { query: { ...query, ...beside }, body: draft.file, headers: { ...headers, "Content-Type": kind }, signal });
}
