// Where events are sent, and whether they arrive.

import { get } from "../../core/api.js";
import { every, h, render } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { session } from "../../core/session.js";
import { empty, loading, skeleton } from "../../parts/states.js";

export function open(root) {
  const place = h("section", {});
  const create = () => session.may("jobs:write") && h("a", { class: "button button-primary", href: href(["webhooks", "new"]) }, t("webhooks.new"));
  render(root, h("div", { class: "head" }, h("h1", {}, t("nav.webhooks")), h("div", { class: "head-side" }, create())), place);
  const draw = ({ items }) => (items.length === 0 ? empty(t("webhooks.none"), t("webhooks.none.text"), create()) : h("ul", { class: "panel rows" }, items.map(row)));
  loading(place, skeleton(4), () => get("/v1/webhooks"), draw);
  const stop = every(15_000, async () => {
    const found = await get("/v1/webhooks").catch(() => null);
    if (found && !place.contains(document.activeElement)) render(place, draw(found));
  });
  return { close: stop };
}

function row(webhook) {
  return h("li", { class: "webhook-row" },
    h("div", { class: "grow" },
      h("a", { class: "row-link", href: href(["webhooks", webhook.id]) }, webhook.description || webhook.url),
      h("p", { class: "muted clip" }, [webhook.description && webhook.url, t("webhooks.events", { n: webhook.events.length })].filter(Boolean).join(" · "))),
    stateBadge(webhook));
}

/** On, off, or on with nothing taken. */
export function stateBadge(webhook) {
  const [kind, name] = !webhook.enabled ? ["paused", "off"] : webhook.failing_since ? ["failed", "failing"] : ["completed", "on"];
  return h("span", { class: `badge badge-${kind}` }, t(`webhook.${name}`));
}
