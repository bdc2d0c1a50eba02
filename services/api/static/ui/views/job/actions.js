// What can be done with a job as it stands.

import { send } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { duration, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { confirmed, modal } from "../../parts/dialog.js";
import { choice } from "../../parts/fields.js";
import { ENDED, jobName } from "../../parts/jobs.js";
import { attempt, toast } from "../../parts/toast.js";

/** Buttons for `job`; `take` gets the job as it is after one of them. */
export function actions(job, take) {
  if (!session.may("jobs:write")) return null;
  const act = (what, undo) => async () => {
    const next = await attempt(() => send("POST", `/v1/jobs/${job.id}/${what}`));
    if (!next) return;
    take(next);
    toast(t(`done.${what}`), { undo: undo && (() => act(undo)()) });
  };
  const button = (key, onclick, kind = "") => h("button", { class: `button ${kind}`, onclick }, t(key));
  if (ENDED.has(job.status)) {
    return [
      (job.error_count > 0 || job.status === "CANCELLED") && button("action.retry", () => retry(job, null, take), "button-primary"),
      job.success_count > 0 && button("action.recollect", () => recollect(job, take)),
      h("a", { class: "button", href: href(["submit"], { from: job.id }) }, t("action.again.new")),
      button("action.delete", () => remove(job)),
    ];
  }
  return [
    priority(job, take),
    job.status === "PAUSED" ? button("action.resume", act("resume"), "button-primary") : button("action.pause", act("pause", "resume")),
    button("action.cancel", () => cancel(job, take)),
  ];
}

/** Tries failed items again: those with `codes`, or all, then with the cancelled ones as well. */
export async function retry(job, codes, take) {
  const asked = codes ? { error_codes: codes } : { include_cancelled: job.cancelled_count > 0 };
  const next = await attempt(() => send("POST", `/v1/jobs/${job.id}/retry`, asked));
  if (!next) return;
  take(next);
  toast(t("done.retry"));
}

const AGES = [0, 3_600, 86_400, 604_800];

/** Asks how old a product must be to be collected anew, and has it done. */
async function recollect(job, take) {
  let age = "86400";
  const nameOf = (seconds) => (seconds === "0" ? t("recollect.all") : t("recollect.older", { time: duration(Number(seconds)) }));
  const answer = await modal(t("recollect.title"), (close) => [
    h("p", {}, t("recollect.text")),
    choice(t("recollect.which"), AGES.map(String), age, (value) => (age = value), nameOf),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", autofocus: true, onclick: () => close() }, t("action.dismiss")),
      h("button", { class: "button button-primary", onclick: () => close("yes") }, t("action.recollect"))),
  ]);
  if (answer !== "yes") return;
  const next = await attempt(() => send("POST", `/v1/jobs/${job.id}/recollect`, { older_than_seconds: Number(age) }));
  if (!next) return;
  take(next);
  toast(t("done.retry"));
}

function priority(job, take) {
  const change = async (value) => {
    const next = await attempt(() => send("PATCH", `/v1/jobs/${job.id}`, { priority: value }));
    if (next) take(next);
  };
  return choice(t("submit.priority"), ["high", "normal", "low"], job.priority, change, (value) => t(`priority.${value}`));
}

async function cancel(job, take) {
  if (!(await confirmed(t("cancel.title"), t("cancel.text"), t("action.cancel")))) return;
  const next = await attempt(() => send("POST", `/v1/jobs/${job.id}/cancel`));
  if (next) take(next);
}

async function remove(job) {
  if (!(await confirmed(t("delete.title"), t("delete.text", { name: jobName(job) }), t("action.delete")))) return;
  const gone = await attempt(async () => (await send("DELETE", `/v1/jobs/${job.id}`), true));
  if (!gone) return;
  toast(t("done.delete"));
  go(["jobs"]);
}
