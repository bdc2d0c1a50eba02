// One schedule: its next times, its rules, and every time that has come.

import { get, send } from "../../core/api.js";
import { described } from "../../core/cron.js";
import { every, h, render } from "../../core/dom.js";
import { known, momentIn, number, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { confirmed } from "../../parts/dialog.js";
import { jobName } from "../../parts/jobs.js";
import { listing } from "../../parts/listing.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { since, when } from "../../parts/time.js";
import { attempt, toast } from "../../parts/toast.js";
import { runTimes } from "./form.js";
import { pauseButton, pausedBadge } from "./list.js";

export function open(root, path) {
  const address = `/v1/schedules/${encodeURIComponent(path[1])}`;
  let runs = null;
  loading(root, skeleton(3, "block"), () => get(address), (schedule) => {
    const [head, place] = [h("div", { class: "stack" }), h("div", { class: "panel panel-flush" })];
    const draw = (next) => render(head, heading(next, draw), facts(next));
    draw(schedule);
    queueMicrotask(() => ((document.title = `${schedule.name} · Asinflow`), (runs = runList(place, address, schedule))));
    return [head, h("section", { class: "stack" }, h("h2", {}, t("schedules.runs")), place)];
  });
  const stop = every(15_000, () => runs?.refresh());
  return { close: () => (stop(), runs?.close()) };
}

function heading(schedule, draw) {
  return [
    h("p", { class: "crumb" }, h("a", { href: href(["schedules"]) }, t("nav.schedules"))),
    h("div", { class: "head" }, h("h1", {}, schedule.name), schedule.paused && pausedBadge(),
      session.may("jobs:write") && h("div", { class: "head-side" },
        pauseButton(schedule, draw),
        h("a", { class: "button", href: href(["schedules", schedule.id, "edit"]) }, t("action.edit")),
        h("button", { class: "button", onclick: () => remove(schedule) }, t("action.delete")))),
  ];
}

async function remove(schedule) {
  if (!(await confirmed(t("schedules.delete.title"), t("schedules.delete.text", { name: schedule.name }), t("action.delete")))) return;
  if (await attempt(async () => (await send("DELETE", `/v1/schedules/${schedule.id}`), true))) {
    toast(t("schedules.deleted"));
    go(["schedules"]);
  }
}

function facts(schedule) {
  const { job } = schedule;
  const pair = (key, value) => value && h("div", { class: "pairs-line" }, h("dt", {}, t(key)), h("dd", {}, value));
  return h("div", { class: "charts" },
    h("section", { class: "panel" }, h("h2", {}, t("schedules.times")), schedule.paused ? h("p", { class: "muted" }, t("schedules.resting")) : runTimes(schedule.next_runs, schedule.timezone)),
    h("section", { class: "panel" }, h("h2", {}, t("schedules.what")), h("dl", { class: "pairs" },
      pair("schedules.repeats", [described(schedule.cron), " ", described(schedule.cron) !== schedule.cron && h("code", {}, schedule.cron)]),
      pair("schedules.zone", schedule.timezone),
      pair("schedules.job", `${t(`type.${job.type}`)}: ${jobName(job)}`),
      pair("submit.most", job.request.max_results && number(job.request.max_results)),
      pair("submit.tags", job.tags.map((tag) => `#${tag}`).join(" ")),
      pair("schedules.missed", t(`missed.${schedule.missed}`)),
      pair("schedules.overlap", t(`overlap.${schedule.overlap}`)),
      pair("schedules.last", schedule.last_job_id && h("a", { href: href(["jobs", schedule.last_job_id]) }, t("schedules.job"))))));
}

const BADGES = { fired: "completed", missed: "paused", overlap: "paused" };

/** What came of each time, told in the schedule's zone as the next ones are. */
function runList(place, address, { id, timezone }) {
  const tell = (iso) => momentIn(iso, timezone);
  return listing(place, {
    path: `${address}/runs`, kind: "runs", label: t("schedules.runs"),
    nothing: () => empty(t("runs.none"), t("runs.none.text")),
    rowOf: (run) => h("div", { class: "run-row" },
      h("span", {}, when(run.due_at, tell), " ", h("span", { class: "muted" }, since(run.due_at))),
      h("span", { class: `badge badge-${BADGES[run.outcome]}` }, known(`run.${run.outcome}`, run.outcome)),
      h("span", { class: "run-links" },
        run.job_id && h("a", { href: href(["jobs", run.job_id]), "aria-label": `${t("runs.job")}, ${tell(run.due_at)}` }, t("runs.job")),
        run.job_id && run.previous_job_id && h("a", { href: href(["schedules", id, "runs", run.id]), "aria-label": `${t("runs.delta")}, ${tell(run.due_at)}` }, t("runs.delta")))),
  });
}
