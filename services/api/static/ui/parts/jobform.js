// What a job is asked to be, as a form; the same where it is submitted and where it is scheduled.

import { MARKETPLACES, examine } from "../core/asins.js";
import { debounced, h, render } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { area, check, choice, input, segments } from "./fields.js";
import { gateDraft, gateFields, gateOf, newGate } from "./gate.js";

const TYPES = ["BULK_ASIN", "KEYWORD", "URL"];
const PROMPT = "B0C8TAT96S\nhttps://www.amazon.co.jp/dp/B07WXL5YPW";
const LINES_TOLD = 5;
// Options with the number of the interface's units that one unit of the form is.
const OPTIONS = { target_margin: 1, japan_shipping_jpy: 1, korea_shipping_krw: 1, packaging_krw: 1, max_age_seconds: 60, time_limit_seconds: 3_600 };

export function newDraft() {
  return { type: "BULK_ASIN", marketplace: "amazon.co.jp", text: "", file: null, keyword: "", url: "", max_results: "", priority: "normal", tags: "", metadata: "", options: {}, tier: "economy", analyze: true, gate: newGate() };
}

/** A draft that asks for what `job` was asked to be; its list comes from `linesOf` or `linesOfCsv`. */
export function draftOf(job) {
  const { request, settings } = job;
  const options = Object.entries(OPTIONS).filter(([name]) => settings[name] !== null && settings[name] !== undefined).map(([name, unit]) => [name, String(settings[name] / unit)]);
  const metadata = Object.entries(job.metadata ?? {}).map(([name, value]) => `${name} = ${value}`).join("\n");
  const plain = { type: job.type, priority: job.priority, tags: (job.tags ?? []).join(" "), metadata };
  const source = { keyword: request.keyword ?? "", url: request.url ?? "", max_results: String(request.max_results ?? "") };
  return { ...newDraft(), ...plain, ...source, marketplace: request.marketplace ?? newDraft().marketplace, options: Object.fromEntries(options), tier: settings.shipping_tier, analyze: settings.auto_analyze, gate: gateDraft(settings.quality_gate) };
}

const MOST_LINES = 1_000;

/** What a list holds, given as the CSV of its items: as lines, or, where they are many and `files` may be, as a file. */
export function linesOfCsv(csv, { files = true } = {}) {
  const [head, ...rows] = csv.trim().split(/\r?\n/).map((row) => row.split(","));
  const [asin, marketplace] = ["asin", "marketplace"].map((name) => head.indexOf(name));
  if (files && rows.length > MOST_LINES) return { file: new File([csv], "products.csv", { type: "text/csv" }) };
  return linesOf(rows.map((row) => ({ asin: row[asin], marketplace: row[marketplace] })));
}

/** Products as lines: bare where they are of one marketplace, else with it. */
export function linesOf(products) {
  const places = new Set(products.map((each) => each.marketplace));
  if (places.size === 1) return { marketplace: [...places][0], text: products.map((each) => each.asin).join("\n") };
  return { text: products.map((each) => `https://www.${each.marketplace}/dp/${each.asin}`).join("\n") };
}

/** Whether there is enough to ask for. */
export function isReady(draft) {
  const needed = { KEYWORD: draft.keyword, URL: draft.url, BULK_ASIN: draft.file?.name ?? draft.text };
  return needed[draft.type].trim() !== "";
}

/** The form of `draft`, which it keeps up to date; `changed` is told of every change. `files`: a list may be a file. */
export function jobForm(draft, changed, { files = true } = {}) {
  const body = h("div", { class: "submit-body" });
  const set = (name) => (value) => ((draft[name] = value), changed());
  const pick = (type) => ((draft.type = type), render(body, FORMS[type](draft, set, files)), changed());
  render(body, FORMS[draft.type](draft, set, files));
  return [segments(t("submit.kind"), "type", TYPES, draft.type, pick, (type) => t(`type.${type}`)), body, more(draft, set, changed)];
}

const places = (draft, set) => choice(t("submit.marketplace"), MARKETPLACES, draft.marketplace, set("marketplace"));

const most = (draft, set) => input(t("submit.most"), { id: "most", type: "number", min: 1, inputmode: "numeric", value: draft.max_results, placeholder: "100", oninput: (e) => set("max_results")(e.target.value) });

const FORMS = {
  KEYWORD: (draft, set) => [
    input(t("submit.keyword"), { id: "keyword", maxlength: 200, value: draft.keyword, oninput: (e) => set("keyword")(e.target.value) }),
    h("div", { class: "pair" }, places(draft, set), most(draft, set)),
  ],
  URL: (draft, set) => [
    input(t("submit.url"), { id: "url", type: "url", value: draft.url, placeholder: "https://www.amazon.co.jp/gp/bestsellers/toys", oninput: (e) => set("url")(e.target.value) }, t("submit.url.help")),
    most(draft, set),
  ],
  BULK_ASIN: (draft, set, files) => listForm(draft, set, files),
};

function listForm(draft, set, files) {
  const told = h("div", { id: "lines-told", class: "told", role: "status" });
  const look = debounced(() => render(told, draft.file ? "" : verdict(examine(draft.text, draft.marketplace))), 120);
  const lines = h("textarea", { id: "lines", rows: 9, spellcheck: "false", autocapitalize: "off", value: draft.text, placeholder: PROMPT, "aria-describedby": "lines-told", oninput: (e) => (set("text")(e.target.value), look()) });
  const field = h("div", { class: "field" }, h("label", { for: "lines" }, t("submit.lines")), lines, told);
  look();
  return [field, files && fileField(draft, set, lines, field, look), places(draft, (name) => (value) => (set(name)(value), look()))];
}

/** A file in the place of the lines: chosen, or dropped on them. */
function fileField(draft, set, lines, field, look) {
  const name = h("span", { class: "muted" });
  const draw = () => {
    lines.disabled = draft.file !== null;
    clear.hidden = draft.file === null;
    name.textContent = draft.file?.name ?? t("submit.file.types");
  };
  const take = (file) => (set("file")(file), draw(), look());
  const file = h("input", { id: "file", type: "file", class: "hidden", accept: ".txt,.csv,.ndjson,.jsonl", onchange: (e) => e.target.files[0] && take(e.target.files[0]) });
  const clear = h("button", { type: "button", class: "button button-small", onclick: () => ((file.value = ""), take(null)) }, t("submit.file.clear"));
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", (event) => (event.preventDefault(), event.dataTransfer.files[0] && take(event.dataTransfer.files[0])));
  draw();
  return h("div", { class: "file" }, file, h("label", { for: "file", class: "button button-small" }, t("submit.file")), name, clear);
}

function verdict(found) {
  if (found.total === 0) return h("span", { class: "muted" }, t("submit.lines.help"));
  const wrong = found.invalid.slice(0, LINES_TOLD).map(({ line, text }) => h("li", {}, t("submit.line", { n: line }), " ", h("code", {}, text.slice(0, 60))));
  return [
    h("span", { class: "good" }, t("submit.valid", { n: found.valid })),
    found.duplicates > 0 && h("span", { class: "muted" }, t("submit.duplicate", { n: found.duplicates })),
    found.invalid.length > 0 && h("span", { class: "bad" }, t("submit.invalid", { n: found.invalid.length })),
    wrong.length > 0 && h("ul", { class: "wrong" }, wrong, found.invalid.length > LINES_TOLD && h("li", {}, "…")),
  ];
}

function more(draft, set, changed) {
  const option = (name) => input(t(`option.${name}`), { id: name, type: "number", min: 0, step: "any", inputmode: "decimal", value: draft.options[name] ?? "", oninput: (e) => ((draft.options[name] = e.target.value), changed()) });
  return h("details", { class: "more", open: Object.keys(draft.options).length > 0 }, h("summary", {}, t("submit.more")),
    h("div", { class: "pair" }, Object.keys(OPTIONS).map(option),
      choice(t("reprice.tier"), ["economy", "premium"], draft.tier, set("tier"), (tier) => t(`tier.${tier}`)),
      choice(t("submit.priority"), ["high", "normal", "low"], draft.priority, set("priority"), (p) => t(`priority.${p}`)),
      input(t("submit.tags"), { id: "tags", value: draft.tags, oninput: (e) => set("tags")(e.target.value) }, t("submit.tags.help"))),
    check(t("option.auto_analyze"), draft.analyze, set("analyze")),
    area(t("submit.metadata"), { id: "metadata", rows: 2, spellcheck: "false", value: draft.metadata, placeholder: "order = 4711", oninput: (e) => set("metadata")(e.target.value) }, t("submit.metadata.help")),
    gateFields(draft.gate, changed));
}

export const tagsOf = (draft) => draft.tags.split(/[\s,]+/).filter(Boolean);

/** Its settings in the interface's units; what was left empty is left to the API. */
export function settingsOf(draft) {
  const given = Object.entries(draft.options).filter(([, value]) => value !== "");
  const gate = gateOf(draft.gate);
  const options = given.map(([name, value]) => [name, OPTIONS[name] === 1 ? Number(value) : Math.round(Number(value) * OPTIONS[name])]);
  return { ...Object.fromEntries(options), ...(draft.tier === "economy" ? {} : { shipping_tier: draft.tier }), ...(draft.analyze ? {} : { auto_analyze: false }), ...(gate === null ? {} : { quality_gate: gate }) };
}

/** `name = value` a line; without a sign the line is a name. */
export function metadataOf(draft) {
  const lines = draft.metadata.split("\n").filter((line) => line.trim());
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)).map(([name, value = ""]) => [name.trim(), value.trim()]));
}

/** What `POST /v1/jobs` takes, for a draft without a file. */
export function requestOf(draft) {
  const common = { type: draft.type, priority: draft.priority, tags: tagsOf(draft), metadata: metadataOf(draft), settings: settingsOf(draft) };
  const limit = draft.max_results ? { max_results: Number(draft.max_results) } : {};
  const own = {
    BULK_ASIN: () => ({ marketplace: draft.marketplace, asins: draft.text.split("\n").filter((line) => line.trim()) }),
    KEYWORD: () => ({ marketplace: draft.marketplace, keyword: draft.keyword.trim(), ...limit }),
    URL: () => ({ url: draft.url.trim(), ...limit }),
  };
  return { ...common, ...own[draft.type]() };
}
