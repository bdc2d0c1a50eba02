// Why items failed, the most frequent kind first, each with its way to try again.

import { get } from "../../core/api.js";
import { every, h, render } from "../../core/dom.js";
import { known, number, t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { ENDED } from "../../parts/jobs.js";
import { empty, loading, skeleton } from "../../parts/states.js";
import { retry } from "./actions.js";

export function openErrors(panel, job, take) {
  let [now, stale] = [job, false];
  const groupsNow = () => get(`/v1/jobs/${job.id}/errors`, { limit: 1 });
  const load = () => loading(panel, skeleton(3), groupsNow, ({ groups }) => draw(groups));
  const draw = (groups) => {
    if (groups.length === 0) return empty(t("errors.none"), t("errors.none.text"));
    const sum = groups.reduce((all, group) => all + group.count, 0);
    return h("ul", { class: "panel rows" }, groups.map((group) => h("li", { class: "error-group" },
      h("strong", { class: "figure" }, number(group.count)),
      h("div", { class: "grow" },
        h("h2", {}, known(`error.${group.code}`, group.code)),
        h("p", { class: "muted", title: group.message }, known(`why.${group.code}`, group.message)),
        h("div", { class: "share", "aria-hidden": true, vars: { share: `${(100 * group.count) / sum}%` } })),
      again(group))));
  };
  const again = (group) => session.may("jobs:write") && h("button", { class: "button", disabled: !ENDED.has(now.status), title: ENDED.has(now.status) ? null : t("errors.later"), "aria-label": t("errors.retry", { name: known(`error.${group.code}`, group.code) }), onclick: () => retry(now, [group.code], take) }, t("action.retry"));
  load();
  // Errors may come many times a second; who is about to press a button is not interrupted.
  const stop = every(4_000, async () => {
    if (!stale || panel.contains(document.activeElement)) return;
    stale = false;
    const found = await groupsNow().catch(() => null);
    if (found) render(panel, draw(found.groups));
  });
  return {
    take(next, before) {
      now = next;
      if (before && ENDED.has(next.status) !== ENDED.has(before.status)) load();
      else if (before && next.error_count !== before.error_count) stale = true;
    },
    close: stop,
  };
}
