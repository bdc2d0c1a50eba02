// What a job would come to, as a dry run tells it.

import { h } from "../core/dom.js";
import { duration, known, moment, number, t } from "../core/i18n.js";

export function quoteCard(quote) {
  const line = (label, value, kind = "") => h("div", { class: `pairs-line ${kind}` }, h("dt", {}, label), h("dd", {}, value));
  const counts = quote.counts ? [
    line(t("quote.accepted"), number(quote.counts.accepted), "good"),
    quote.counts.duplicate > 0 && line(t("quote.duplicate"), number(quote.counts.duplicate)),
    quote.counts.invalid > 0 && line(t("quote.invalid"), number(quote.counts.invalid), "bad"),
  ] : [line(t(quote.items_at_most ? "quote.atmost" : "quote.items"), number(quote.items))];
  const wrong = quote.invalid.slice(0, 3).map((each) => h("li", {}, each.line ? `${t("submit.line", { n: each.line })} ` : "", h("code", {}, each.input.slice(0, 40)), " ", known(`line.${each.code}`, each.message)));
  return [
    h("h2", {}, t("quote.title")),
    h("p", { class: "quote-end" }, h("span", { class: "muted" }, t("quote.finish")), h("strong", {}, moment(quote.would_finish_at)), h("span", { class: "muted" }, t("quote.in", { time: duration(quote.eta_seconds) }))),
    h("dl", { class: "pairs" }, counts,
      line(t("quote.fresh"), number(quote.already_fresh)),
      line(t("quote.requests"), number(quote.expected_requests)),
      quote.start_delay_seconds > 1 && line(t("quote.starts"), duration(quote.start_delay_seconds)),
      quote.marketplaces.filter((m) => m.blocked_seconds > 0).map((m) => line(m.marketplace, t("quote.blocked", { time: duration(m.blocked_seconds) }), "warn"))),
    wrong.length > 0 && h("ul", { class: "wrong" }, wrong),
  ];
}
