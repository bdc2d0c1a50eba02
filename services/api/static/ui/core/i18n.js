// Words, numbers and times in the reader's language.

export const LANGUAGES = { en: "English", ko: "한국어", ja: "日本語" };
const KEY = "asinflow.language";

let language = "en";
let words = {};
let plurals = new Intl.PluralRules("en");

function preferred() {
  const chosen = localStorage.getItem(KEY);
  if (chosen in LANGUAGES) return chosen;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

/** Loads the catalogue of `name`, or of the language that the browser asks for. */
export async function useLanguage(name) {
  if (name) localStorage.setItem(KEY, name);
  language = name ?? preferred();
  words = await (await fetch(`/ui/locales/${language}.json`)).json();
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

export const currentLanguage = () => language;

/** The message of `key`, its {names} filled in, numbers as the language writes them; `n` chooses among plural forms. */
export function t(key, values = {}) {
  if (!(key in words)) console.error(`there is no message ${key}`);
  const word = words[key] ?? key;
  const text = typeof word === "string" ? word : (word[plurals.select(values.n)] ?? word.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : String(values[name] ?? "")));
}

/** The message of `key` where there is one, else `otherwise`. */
export const known = (key, otherwise) => words[key] ?? otherwise;

export const number = (value, digits = 0) =>
  value === null || value === undefined ? "–" : value.toLocaleString(language, { maximumFractionDigits: digits });

/** A large number in few characters: "12K". */
export const compact = (value) => value.toLocaleString(language, { notation: "compact", maximumFractionDigits: 1 });

export const percent = (value, digits = 1) => (value === null || value === undefined ? "–" : `${number(value, digits)}%`);

export function money(value, currency) {
  if (value === null || value === undefined) return "–";
  if (!currency) return number(value, 2);
  return value.toLocaleString(language, { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: value % 1 ? 2 : 0 });
}

const SHORT = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const yearOf = (at) => (at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" });

/** A moment: the time alone when it is today. */
export function moment(iso) {
  if (!iso) return "–";
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(language, today ? { timeStyle: "short" } : { ...SHORT, ...yearOf(at) });
}

/** A moment as clocks in `timeZone` show it, with the zone and always with the day: it may be another one there. */
export function momentIn(iso, timeZone) {
  const at = new Date(iso);
  return at.toLocaleString(language, { ...SHORT, ...yearOf(at), timeZoneName: "short", timeZone });
}

/** A moment in full with its zone, the reader's own unless another is named. */
export function fullMoment(iso, timeZone) {
  const options = { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short", timeZone };
  return new Date(iso).toLocaleString(language, options);
}

/** The reader's time zone by its name. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function day(iso, options = { weekday: "short" }) {
  return new Date(iso).toLocaleDateString(language, options);
}

const STEPS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** Seconds in at most two units: "2 hr 5 min". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  let rest = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [unit, size] of STEPS) {
    const count = Math.floor(rest / size);
    if (count > 0 || (unit === "second" && parts.length === 0)) parts.push(inUnit(count, unit));
    else if (parts.length > 0) break;
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

const inUnit = (count, unit) => count.toLocaleString(language, { style: "unit", unit, unitDisplay: "short" });

/** How long ago a moment was, in its largest unit. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso).getTime()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }).format(-Math.round(seconds / size), unit);
}
