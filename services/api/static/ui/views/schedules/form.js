// When a job is to be made, with the times that come of it shown while they are chosen, and what job.

import { get, send } from "../../core/api.js";
import { choiceOf, cronOf, weekday } from "../../core/cron.js";
import { debounced, h, render, say } from "../../core/dom.js";
import { fullMoment, ownZone, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { draftLike } from "../../parts/again.js";
import { choice, input, segments } from "../../parts/fields.js";
import { draftOf, isReady, jobForm, linesOf, newDraft, requestOf } from "../../parts/jobform.js";
import { explain, loading, skeleton } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const REPEATS = ["hour", "day", "weekday", "week", "month", "custom"];

// Without a zone the API takes its own.
const NEW = { name: "", cron: "0 6 * * *", timezone: "", missed: "run_once", overlap: "skip" };

export function open(root, path, query) {
  const begin = (place, job) => form(place, { ...NEW }, null, job);
  if (path[1] !== "new") return later(root, () => known(`/v1/schedules/${encodeURIComponent(path[1])}`), (place, [schedule, job]) => form(place, { ...schedule }, schedule.id, job));
  return query.from ? later(root, () => draftLike(query.from, { files: false }), begin) : begin(root, newDraft());
}

/** The schedule at that address, and its job as a draft. */
async function known(address) {
  const schedule = await get(address);
  const draft = draftOf(schedule.job);
  if (schedule.job.type !== "BULK_ASIN") return [schedule, draft];
  const { items } = await get(`${address}/products`);
  return [schedule, { ...draft, ...linesOf(items) }];
}

/** The form that `begin` makes of what `load` gives. */
function later(root, load, begin) {
  let shown = null;
  loading(root, skeleton(3, "block"), load, (found) => {
    const place = h("div", { class: "stack" });
    shown = begin(place, found);
    return place;
  });
  return { close: () => shown?.close() };
}

/** The form of `draft` and of `job`, which is made then; the job of a schedule that is there stays unless it is touched. */
function form(root, draft, id, job) {
  let touched = id === null;
  const error = h("p", { class: "field-error", role: "alert" });
  const save = h("button", { class: "button button-primary button-wide" }, t(id === null ? "schedules.create" : "action.save"));
  const zone = zoneField(draft, id !== null, () => times.changed());
  const times = preview(draft, zone.tell);
  const changed = () => (error.textContent = "", save.disabled = !draft.name.trim() || !isReady(job));
  const submit = async (event) => {
    event.preventDefault();
    save.disabled = true;
    try {
      const { name, cron, timezone, missed, overlap } = draft;
      const asked = { name: name.trim(), cron, ...(timezone ? { timezone } : {}), missed, overlap, ...(touched ? { job: requestOf(job) } : {}) };
      const saved = await (id === null ? send("POST", "/v1/schedules", asked) : send("PATCH", `/v1/schedules/${id}`, asked));
      const leftOut = saved.counts?.invalid ?? 0;
      toast([t("schedules.saved"), leftOut > 0 && t("schedules.leftout", { n: leftOut })].filter(Boolean).join(" "));
      go(["schedules", saved.id]);
    } catch (problem) {
      error.textContent = explain(problem);
      save.disabled = false;
    }
  };
  render(root,
    h("p", { class: "crumb" }, h("a", { href: href(["schedules"]) }, t("nav.schedules"))),
    h("h1", {}, t(id === null ? "schedules.new" : "schedules.edit")),
    h("form", { class: "submit", onsubmit: submit },
      h("div", { class: "submit-main" },
        h("section", { class: "panel submit-body" }, input(t("schedules.name"), { id: "name", maxlength: 100, required: true, value: draft.name, oninput: (e) => ((draft.name = e.target.value), changed()) }), timing(draft, times.changed, zone.elements), rules(draft)),
        h("section", { class: "panel submit-body" }, h("h2", {}, t("schedules.job")), jobForm(job, () => ((touched = true), changed()), { files: false }))),
      h("div", { class: "submit-side" }, times.element, error, save)));
  changed();
  return { close: times.close };
}

function timing(draft, changed, zone) {
  const chosen = choiceOf(draft.cron);
  const detail = h("div", { class: "pair" });
  const cron = input(t("schedules.cron"), { id: "cron", class: "mono", spellcheck: "false", required: true, maxlength: 200, value: draft.cron, oninput: (e) => typed(e.target.value) }, t("schedules.cron.help"));
  const field = cron.querySelector("input");
  const take = (name) => (value) => {
    chosen[name] = value;
    if (chosen.repeats !== "custom") draft.cron = field.value = cronOf(chosen);
    if (name === "repeats") draw();
    changed();
  };
  const repeats = choice(t("schedules.repeats"), REPEATS, chosen.repeats, take("repeats"), (name) => t(`repeats.${name}`));
  const typed = (value) => {
    Object.assign(chosen, choiceOf(value));
    draft.cron = value;
    repeats.querySelector("select").value = chosen.repeats;
    draw();
    changed();
  };
  const draw = () => render(detail, repeats,
    !["hour", "custom"].includes(chosen.repeats) && input(t("schedules.time"), { id: "time", type: "time", required: true, value: chosen.time, oninput: (e) => e.target.value && take("time")(e.target.value) }),
    chosen.repeats === "week" && choice(t("schedules.day"), ["1", "2", "3", "4", "5", "6", "0"], chosen.day, take("day"), weekday),
    chosen.repeats === "month" && input(t("schedules.date"), { id: "date", type: "number", min: 1, max: 31, required: true, value: chosen.date, oninput: (e) => e.target.value && take("date")(e.target.value) }));
  draw();
  return [detail, h("div", { class: "pair" }, cron, zone)];
}

/** The zone that the times are meant in. Unless it is `required` it may be left to the API, whose own `tell` then names. */
function zoneField(draft, required, changed) {
  const zones = h("datalist", { id: "zones" }, [...new Set([ownZone(), ...Intl.supportedValuesOf("timeZone")])].map((zone) => h("option", { value: zone })));
  const field = input(t("schedules.zone"), { id: "zone", list: "zones", required, maxlength: 64, value: draft.timezone, oninput: (e) => ((draft.timezone = e.target.value.trim()), changed()) }, t("schedules.zone.help"));
  const tell = (zone) => {
    if (required || draft.timezone) return;
    field.querySelector("input").placeholder = zone;
    say(field.querySelector(".help"), t("schedules.zone.empty", { zone }));
  };
  return { elements: [field, zones], tell };
}

function rules(draft) {
  const either = (name, values) => h("div", { class: "field" }, h("span", {}, t(`schedules.${name}`)),
    segments(t(`schedules.${name}`), name, values, draft[name], (value) => (draft[name] = value), (value) => t(`${name}.${value}`)));
  return [either("missed", ["run_once", "skip"]), either("overlap", ["skip", "allow"])];
}

/** The next times of `draft`, asked for as they change; `tell` gets the zone that they are in. */
function preview(draft, tell) {
  const element = h("aside", { class: "panel", "aria-label": t("schedules.times"), "aria-live": "polite" });
  let asked = null;
  const show = (...parts) => render(element, h("h2", {}, t("schedules.times")), parts);
  const look = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const { next_runs, timezone } = await get("/v1/schedules/times", { cron: draft.cron, timezone: draft.timezone }, asked.signal);
      tell(timezone);
      show(runTimes(next_runs, timezone));
    } catch (problem) {
      if (problem.name !== "AbortError") show(h("p", { class: "field-error" }, explain(problem)));
    }
  };
  look();
  return { element, changed: debounced(look, 400), close: () => asked?.abort() };
}

/** Times in the zone that they are meant in, and its name. */
export function runTimes(times, zone) {
  return [h("p", { class: "muted" }, zone), h("ol", { class: "times" }, times.map((at) => h("li", {}, h("time", { datetime: at, title: fullMoment(at) }, fullMoment(at, zone)))))];
}
