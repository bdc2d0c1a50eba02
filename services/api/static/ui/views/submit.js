// A new job: what to collect, checked while it is typed, and what it would come to.

import { newKey, request } from "../core/api.js";
import { MARKETPLACES, examine } from "../core/asins.js";
import { debounced, h, render } from "../core/dom.js";
import { number, t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { choice, input, segments } from "../parts/fields.js";
import { quoteCard } from "../parts/quote.js";
import { explain } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const TYPES = ["BULK_ASIN", "KEYWORD", "URL"];
const KINDS = { csv: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };
const OPTIONS = ["target_margin", "japan_shipping_jpy", "korea_shipping_krw", "max_age_seconds"];
const PROMPT = "B0C8TAT96S\nhttps://www.amazon.co.jp/dp/B07WXL5YPW";

export function open(root) {
  const draft = { type: "BULK_ASIN", marketplace: "amazon.co.jp", text: "", file: null, keyword: "", url: "", max_results: "", priority: "normal", tags: "", options: {}, key: newKey() };
  const body = h("div", { class: "submit-body" });
  const aside = h("aside", { class: "panel quote", "aria-live": "polite" });
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
  const set = (name) => (value) => ((draft[name] = value), changed());
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
  const pick = (type) => ((draft.type = type), render(body, forms[type](draft, set)), changed());
  render(root, h("h1", {}, t("submit.title")),
    h("form", { class: "submit", onsubmit: submit },
      h("div", { class: "panel submit-main" }, segments(t("submit.kind"), "type", TYPES, draft.type, pick, (type) => t(`type.${type}`)), body, more(draft, set, changed)),
      h("div", { class: "submit-side" }, aside, error, send)));
  pick(draft.type);
  return { close: () => asked?.abort() };
}

const isReady = (draft) => (draft.type === "KEYWORD" ? draft.keyword.trim() !== "" : draft.type === "URL" ? draft.url.trim() !== "" : draft.file !== null || draft.text.trim() !== "");

const places = (draft, set) => choice(t("submit.marketplace"), MARKETPLACES, draft.marketplace, set("marketplace"));

const most = (draft, set) => input(t("submit.most"), { id: "most", type: "number", min: 1, inputmode: "numeric", value: draft.max_results, placeholder: "100", oninput: (e) => set("max_results")(e.target.value) });

const forms = {
  KEYWORD: (draft, set) => [input(t("submit.keyword"), { id: "keyword", maxlength: 200, value: draft.keyword, oninput: (e) => set("keyword")(e.target.value) }), h("div", { class: "pair" }, places(draft, set), most(draft, set))],
  URL: (draft, set) => [input(t("submit.url"), { id: "url", type: "url", value: draft.url, placeholder: "https://www.amazon.co.jp/gp/bestsellers/toys", oninput: (e) => set("url")(e.target.value) }, t("submit.url.help")), most(draft, set)],
  BULK_ASIN: (draft, set) => listForm(draft, set),
};

function listForm(draft, set) {
  const told = h("div", { id: "lines-told", class: "told", role: "status" });
  const check = debounced(() => render(told, draft.file ? "" : verdict(examine(draft.text, draft.marketplace))), 120);
  const area = h("textarea", { id: "lines", rows: 9, spellcheck: "false", autocapitalize: "off", value: draft.text, placeholder: PROMPT, "aria-describedby": "lines-told", oninput: (e) => (set("text")(e.target.value), check()) });
  const name = h("span", { class: "muted" }, draft.file?.name ?? t("submit.file.types"));
  const take = (file) => {
    set("file")(file);
    area.disabled = file !== null;
    name.textContent = file?.name ?? t("submit.file.types");
    clear.hidden = file === null;
    check();
  };
  const file = h("input", { id: "file", type: "file", class: "hidden", accept: ".txt,.csv,.ndjson,.jsonl", onchange: (e) => e.target.files[0] && take(e.target.files[0]) });
  const clear = h("button", { type: "button", class: "button button-small", onclick: () => ((file.value = ""), take(null)) }, t("submit.file.clear"));
  clear.hidden = draft.file === null;
  area.disabled = draft.file !== null;
  const drop = (event) => (event.preventDefault(), event.dataTransfer.files[0] && take(event.dataTransfer.files[0]));
  check();
  return [
    h("div", { class: "field", ondragover: (e) => e.preventDefault(), ondrop: drop }, h("label", { for: "lines" }, t("submit.lines")), area, told),
    h("div", { class: "file" }, file, h("label", { for: "file", class: "button button-small" }, t("submit.file")), name, clear),
    places(draft, (n) => (value) => (set(n)(value), check())),
  ];
}

function verdict(found) {
  if (found.total === 0) return h("span", { class: "muted" }, t("submit.lines.help"));
  const wrong = found.invalid.slice(0, 5).map(({ line, text }) => h("li", {}, t("submit.line", { n: line }), " ", h("code", {}, text.slice(0, 60))));
  return [
    h("span", { class: "good" }, t("submit.valid", { n: number(found.valid) })),
    found.duplicates > 0 && h("span", { class: "muted" }, t("submit.duplicate", { n: number(found.duplicates) })),
    found.invalid.length > 0 && h("span", { class: "bad" }, t("submit.invalid", { n: number(found.invalid.length) })),
    wrong.length > 0 && h("ul", { class: "wrong" }, wrong, found.invalid.length > 5 && h("li", {}, "…")),
  ];
}

function more(draft, set, changed) {
  const option = (name) => input(t(`option.${name}`), { id: name, type: "number", min: 0, inputmode: "decimal", oninput: (e) => ((draft.options[name] = e.target.value), changed()) });
  return h("details", { class: "more" }, h("summary", {}, t("submit.more")),
    h("div", { class: "pair" }, OPTIONS.map(option),
      choice(t("submit.priority"), ["high", "normal", "low"], draft.priority, set("priority"), (p) => t(`priority.${p}`)),
      input(t("submit.tags"), { id: "tags", value: draft.tags, oninput: (e) => set("tags")(e.target.value) }, t("submit.tags.help"))));
}

/** Posts the draft as JSON, or its file as it is with the options beside it. */
function post(draft, dry, signal) {
  const tags = draft.tags.split(/[\s,]+/).filter(Boolean);
  const options = Object.fromEntries(Object.entries(draft.options).filter(([, v]) => v !== "").map(([n, v]) => [n, Number(v)]));
  const headers = dry ? {} : { "Idempotency-Key": draft.key };
  const query = dry ? { dry_run: true } : {};
  if (draft.type === "BULK_ASIN" && draft.file) {
    const kind = KINDS[draft.file.name.split(".").pop().toLowerCase()] ?? "text/plain";
    const beside = { marketplace: draft.marketplace, priority: draft.priority, tags: tags.join(","), ...options };
    return request("POST", "/v1/jobs", { query: { ...query, ...beside }, body: draft.file, headers: { ...headers, "Content-Type": kind }, signal });
  }
  const common = { type: draft.type, priority: draft.priority, tags, settings: options };
  const limit = draft.max_results ? { max_results: Number(draft.max_results) } : {};
  const json = {
    BULK_ASIN: { ...common, marketplace: draft.marketplace, asins: draft.text.split("\n").filter((line) => line.trim()) },
    KEYWORD: { ...common, marketplace: draft.marketplace, keyword: draft.keyword.trim(), ...limit },
    URL: { ...common, url: draft.url.trim(), ...limit },
  }[draft.type];
  return request("POST", "/v1/jobs", { query, json, headers, signal });
}
