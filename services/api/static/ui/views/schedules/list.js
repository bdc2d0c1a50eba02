// Jobs that are made again and again: when next, and whether they are paused.

import { get, send } from "../../core/api.js";
import { described } from "../../core/cron.js";
import { every, h, render } from "../../core/dom.js";
import { momentIn, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { jobName } from "../../parts/jobs.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { since, when } from "../../parts/time.js";
import { attempt, toast } from "../../parts/toast.js";

export function open(root) {
  const place = h("section", {});
  const create = () => session.may("jobs:write") && h("a", { class: "button button-primary", href: href(["schedules", "new"]) }, t("schedules.new"));
  render(root, h("div", { class: "head" }, h("h1", {}, t("nav.schedules")), h("div", { class: "head-side" }, create())), place);
  const draw = ({ items }) => (items.length === 0 ? empty(t("schedules.none"), t("schedules.none.text"), create()) : h("ul", { class: "panel rows" }, items.map((each) => row(each, load))));
  const load = async () => render(place, draw(await get("/v1/schedules")));
  loading(place, skeleton(4), () => get("/v1/schedules"), draw);
  const stop = every(30_000, () => (place.contains(document.activeElement) ? null : load().catch(() => {})));
  return { close: stop };
}

function row(schedule, reload) {
  return h("li", { class: "schedule-row" },
    h("div", { class: "grow" },
      h("a", { class: "row-link", href: href(["schedules", schedule.id]) }, schedule.name),
      h("p", { class: "muted" }, [described(schedule.cron), schedule.timezone, `${t(`type.${schedule.job.type}`)}: ${jobName(schedule.job)}`].join(" · "))),
    h("div", { class: "schedule-next" }, schedule.paused ? pausedBadge() : [h("span", { class: "muted" }, t("schedules.next")), h("strong", {}, when(schedule.next_runs[0], (iso) => momentIn(iso, schedule.timezone))), h("span", { class: "muted" }, since(schedule.next_runs[0]))]),
    session.may("jobs:write") && pauseButton(schedule, reload, "button-small"));
}

export const pausedBadge = () => h("span", { class: "badge badge-paused" }, t("status.PAUSED"));

/** Pauses the schedule or lets it go on; `done` gets it as it is then. */
export function pauseButton(schedule, done, kind = "") {
  const act = async () => {
    const next = await attempt(() => send("PATCH", `/v1/schedules/${schedule.id}`, { paused: !schedule.paused }));
    if (!next) return;
    toast(t(next.paused ? "schedules.paused" : "done.resume"));
    done(next);
  };
  const text = t(schedule.paused ? "action.resume" : "action.pause");
  return h("button", { class: `button ${kind}`, "aria-label": kind ? `${text}: ${schedule.name}` : null, onclick: act }, text);
}
