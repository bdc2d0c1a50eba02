// Why items failed, the most frequent kind first, each with its way to try again.

import { get } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { known, number, t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { ENDED } from "../../parts/jobs.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { retry } from "./actions.js";

export function openErrors(panel, job, take) {
  let now = job;
  const load = () => loading(panel, skeleton(3), () => get(`/v1/jobs/${job.id}/errors`, { limit: 1 }), ({ groups }) => draw(groups));
  const draw = (groups) => {
    if (groups.length === 0) return empty(t("errors.none"), t("errors.none.text"));
    const sum = groups.reduce((all, group) => all + group.count, 0);
    return h("ul", { class: "panel rows" }, groups.map((group) => h("li", { class: "error-group" },
      h("strong", { class: "figure" }, number(group.count)),
      h("div", { class: "grow" },
        h("h2", {}, known(`error.${group.code}`, group.code)),
        h("p", { class: "muted" }, group.message),
        h("div", { class: "share", "aria-hidden": true, vars: { share: `${(100 * group.count) / sum}%` } })),
      again(group))));
  };
  const again = (group) => session.may("jobs:write") && h("button", { class: "button", disabled: !ENDED.has(now.status), title: ENDED.has(now.status) ? null : t("errors.later"), "aria-label": t("errors.retry", { name: known(`error.${group.code}`, group.code) }), onclick: () => retry(now, [group.code], take) }, t("action.retry"));
  load();
  return {
    take(next, before) {
      now = next;
      if (before && (ENDED.has(next.status) !== ENDED.has(before.status) || (next.error_count !== before.error_count && !panel.contains(document.activeElement)))) load();
    },
  };
}
