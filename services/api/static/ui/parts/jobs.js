// How a job is told: its name, its state, its bar, its figures.

import { h } from "../core/dom.js";
import { duration, moment, number, t } from "../core/i18n.js";

export const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export function jobName(job) {
  const { keyword, url, count } = job.request;
  if (keyword) return `“${keyword}”`;
  if (url) return url.replace(/^https?:\/\/(www\.)?/, "");
  return t("job.products", { n: count });
}

export function badge(status) {
  return h("span", { class: `badge badge-${status.toLowerCase()}` }, t(`status.${status}`));
}

// How the message of a job that was ended begins, and the words for it.
const ENDINGS = { "Timeout: Job expired": "failed.expired", "Timeout: the job's time limit": "failed.limit", "an unexpected error": "failed.bug" };

/** The API's words for why something happened to a job, in the reader's language where they are known ones. */
export function whyOf(text) {
  const ending = Object.keys(ENDINGS).find((each) => text?.startsWith(each));
  if (ending) return t(ENDINGS[ending]);
  const [, listing] = /^waits for other listings of (\S+)$/.exec(text ?? "") ?? [];
  if (listing) return t("job.listings", { marketplace: listing });
  const [, left] = /^(\d+) items were left out of its last run$/.exec(text ?? "") ?? [];
  return left ? t("job.leftout", { n: Number(left) }) : (text ?? "");
}

/** Why it stands as it does, in words; empty where there is nothing to say. */
export function reason(job) {
  const pause = job.waiting_for ?? job.delayed_by?.[0];
  if (pause) return t("job.waiting", { marketplace: pause.marketplace, until: moment(pause.until) });
  if (job.status === "PROCESSING" && job.delayed_by?.length > 0) {
    const told = job.delayed_by.map((each) => t("job.delayed", { marketplace: each.marketplace, until: moment(each.until) }));
    return `${told.join(" · ")}. ${t("job.others")}`;
  }
  if (job.status === "FAILED") return whyOf(job.error_message ?? job.status_reason);
  if (job.status === "PROCESSING" && job.status_reason) return whyOf(job.status_reason);
  return job.status === "PENDING" ? t("job.pending") : "";
}

/** What succeeded and what failed of the whole. */
export function bar(job, label = jobName(job)) {
  const of = (count) => `${job.total_items ? (100 * count) / job.total_items : 0}%`;
  const unknown = job.total_items === null && job.status === "PROCESSING";
  return h("div", {
    class: `bar bar-${job.status.toLowerCase()}${unknown ? " bar-unknown" : ""}`, role: "progressbar", "aria-label": label,
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": unknown ? null : Math.floor(job.progress_percent),
    vars: { done: of(job.success_count), lost: of(job.error_count) },
  }, h("span", { class: "bar-good" }), h("span", { class: "bar-bad" }));
}

export function counts(job) {
  return job.total_items === null ? t("job.unresolved") : `${number(job.progress)} / ${number(job.total_items)}`;
}

/** Time left, or time taken. */
export function timing(job) {
  if (job.eta_seconds !== null && job.status === "PROCESSING") return t("job.left", { time: duration(job.eta_seconds) });
  if (ENDED.has(job.status) && job.duration_seconds !== null) return t("job.took", { time: duration(job.duration_seconds) });
  return "";
}

export const rate = (job) => (job.status === "PROCESSING" && job.items_per_second ? t("job.rate", { n: number(job.items_per_second, 1) }) : "");
