// A job in one row of a list.

import { h } from "../core/dom.js";
import { ago, t } from "../core/i18n.js";
import { href } from "../core/router.js";
import { badge, bar, counts, jobName, rate, reason, timing } from "./jobs.js";

export function jobRow(job) {
  const short = job.quality?.status === "failed";
  const told = short ? t("gate.failed") : reason(job) || [rate(job), timing(job)].filter(Boolean).join(" · ");
  return h("div", { class: "job-row" },
    h("div", { class: "job-row-name" },
      h("a", { class: "row-link", href: href(["jobs", job.id]) }, jobName(job)),
      h("span", { class: "muted" }, [t(`type.${job.type}`), ago(job.created_at), ...(job.tags ?? []).map((tag) => `#${tag}`)].join(" · "))),
    badge(job.status),
    h("div", { class: "job-row-bar" }, bar(job), h("span", { class: "muted job-row-told" }, h("span", { class: "figure" }, counts(job)), told && h("span", { class: short || job.waiting_for ? "warn" : "" }, told))));
}
