// Every item of a job with its outcome; as many as there are.

import { every, h, render } from "../../core/dom.js";
import { known, moment, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { Source } from "../../core/source.js";
import { segments } from "../../parts/fields.js";
import { ENDED } from "../../parts/jobs.js";
import { empty, failed, skeleton } from "../../parts/states.js";
import { VirtualList } from "../../parts/virtual.js";

const STATUSES = ["", "queued", "running", "succeeded", "failed", "cancelled"];

export function openItems(panel, job) {
  const place = h("div", { class: "panel panel-flush" });
  let now = job;
  let shown = null;
  const pick = (status) => (shown?.close(), (shown = table(place, () => now, status)));
  render(panel, segments(t("items.filter"), "item-status", STATUSES, "", pick, (s) => (s ? t(`item.${s}`) : t("items.all"))), place);
  pick("");
  return { take: (next) => (now = next), close: () => shown.close() };
}

function table(place, jobNow, status) {
  const keyOf = (item) => item.seq;
  const tell = (error) => render(place, failed(error, () => source.more().catch(tell)));
  const list = new VirtualList({ rowOf, keyOf, needMore: () => source.more().catch(tell), role: "rowgroup", rowRole: "row" });
  list.element.classList.add("virtual-items");
  const source = new Source(`/v1/jobs/${jobNow().id}/items`, { status }, { keyOf, limit: 100, onChange: show });
  let ended = false;
  const whole = h("div", { role: "table", class: "items", "aria-label": t("tab.items") },
    h("div", { role: "rowgroup" }, h("div", { class: "item-row item-head", role: "row" }, ["product", "status", "told", "when"].map((name) => h("span", { role: "columnheader" }, t(`items.${name}`))))),
    list.element);
  render(place, skeleton(6));
  function show(items) {
    if (items.length === 0) return void render(place, empty(t("items.none"), t(jobNow().total_items === null ? "items.soon" : "items.nofit")));
    whole.setAttribute("aria-rowcount", status === "" ? jobNow().total_items : -1);
    if (!whole.isConnected) render(place, whole);
    list.show(items);
  }
  source.more().catch(tell);
  const stop = every(3_000, async () => {
    if (ended) return;
    const last = ENDED.has(jobNow().status);
    if (source.entries.length === 0) Object.assign(source, { chunks: [], next: null, ended: false });
    await (source.entries.length ? source.refresh(...list.range) : source.more()).catch(() => {});
    ended = last;
  });
  return { close: () => (stop(), list.close(), source.close()) };
}

function rowOf(item) {
  const told = item.error ? known(`error.${item.error.code}`, item.error.message) : item.origin ? t(`origin.${item.origin}`) : item.next_attempt_at ? t("items.next", { at: moment(item.next_attempt_at) }) : "";
  const name = item.status === "succeeded" ? h("a", { class: "mono", href: href(["products", item.marketplace, item.asin]) }, item.asin) : h("span", { class: "mono" }, item.asin);
  return h("div", { class: "item-row" },
    h("span", { role: "cell" }, name, " ", h("span", { class: "muted" }, item.marketplace)),
    h("span", { role: "cell" }, h("span", { class: `dot dot-${item.status}` }), t(`item.${item.status}`)),
    h("span", { role: "cell", class: "clip", title: item.error?.message }, told),
    h("span", { role: "cell", class: "muted" }, item.processed_at ? moment(item.processed_at) : ""));
}
