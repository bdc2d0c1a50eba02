// What a job was asked to be, and the names by which others know it.

import { h, render } from "../../core/dom.js";
import { duration, fullMoment, money, number, percent, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { gateRules } from "../../parts/gate.js";
import { jobName } from "../../parts/jobs.js";

const pair = (label, value) => value && h("div", { class: "pairs-line" }, h("dt", {}, label), h("dd", {}, value));
const code = (text) => text && h("code", {}, text);
const at = (iso) => iso && h("time", { datetime: iso }, fullMoment(iso));

export function openDetails(panel, job) {
  const draw = (now) => render(panel, h("div", { class: "charts" },
    h("section", { class: "panel" }, h("h2", {}, t("details.asked")), h("dl", { class: "pairs" }, asked(now)), again(now)),
    h("section", { class: "panel" }, h("h2", {}, t("details.job")), h("dl", { class: "pairs" }, facts(now))),
    own(now)));
  draw(job);
  return { take: (next, before) => before && (next.status !== before.status || next.priority !== before.priority || next.run !== before.run) && draw(next) };
}

function asked(job) {
  const { request, settings } = job;
  return [
    pair(t(`type.${job.type}`), request.url ? h("a", { href: request.url, target: "_blank", rel: "noopener noreferrer" }, request.url) : jobName(job)),
    pair(t("submit.marketplace"), request.marketplace),
    pair(t("submit.most"), request.max_results && number(request.max_results)),
    pair(t("submit.priority"), t(`priority.${job.priority}`)),
    pair(t("details.margin"), settings.auto_analyze ? percent(settings.target_margin) : t("details.unanalysed")),
    pair(t("details.japan"), settings.japan_shipping_jpy > 0 && money(settings.japan_shipping_jpy, "JPY")),
    pair(t("details.korea"), settings.korea_shipping_krw > 0 && money(settings.korea_shipping_krw, "KRW")),
    pair(t("option.packaging_krw"), settings.packaging_krw > 0 && money(settings.packaging_krw, "KRW")),
    pair(t("reprice.tier"), settings.auto_analyze && t(`tier.${settings.shipping_tier}`)),
    pair(t("details.reuse"), settings.max_age_seconds > 0 ? t("details.upto", { time: duration(settings.max_age_seconds) }) : t("details.never")),
    pair(t("details.limit"), settings.time_limit_seconds && duration(settings.time_limit_seconds)),
    settings.quality_gate && pair(t("gate.title"), gateRules(settings.quality_gate).map((rule) => h("div", {}, rule))),
  ];
}

/** Long lists are for those who hand them in themselves: a schedule takes no file. */
const MOST_SCHEDULED = 10_000;

function again(job) {
  if (!session.may("jobs:write") || (job.request.count ?? 0) > MOST_SCHEDULED) return null;
  return h("p", { class: "buttons" }, h("a", { class: "button button-small", href: href(["schedules", "new"], { from: job.id }) }, t("details.schedule")));
}

function facts(job) {
  return [
    pair(t("details.id"), code(job.id)),
    pair(t("kind.submit"), at(job.created_at)), pair(t("kind.start"), at(job.started_at)), pair(t("details.ended"), at(job.completed_at)),
    pair(t("details.run"), number(job.run)),
    pair(t("details.trace"), code(job.trace_id)),
  ];
}

function own({ metadata }) {
  const entries = Object.entries(metadata ?? {});
  if (entries.length === 0) return null;
  return h("section", { class: "panel" }, h("h2", {}, t("submit.metadata")), h("dl", { class: "pairs" }, entries.map(([name, value]) => h("div", { class: "pairs-line" }, h("dt", {}, name), h("dd", {}, value)))));
}
