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
const SETTLED = new Set(["succeeded", "failed", "cancelled"]);
// Few are read at a time while they are read again and again.
const [SMALL, LARGE] = [50, 200];
const LOOK_MS = 3_000;
// While the job itself stands still, items may only be put off: that is looked up every so many times.
const SLOWLY = 5;

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
  const source = new Source(`/v1/jobs/${jobNow().id}/items`, { status }, { keyOf, limit: ENDED.has(jobNow().status) ? LARGE : SMALL, onChange: show });
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
  const stale = watch(jobNow, list, source);
  const stop = every(LOOK_MS, async () => {
    if (!stale()) return;
    if (source.entries.length === 0) Object.assign(source, { chunks: [], next: null, ended: false });
    await (source.entries.length ? source.refresh(...list.range) : source.more()).catch(() => {});
  });
  return { close: () => (stop(), list.close(), source.close()) };
}

/** Tells at each call whether what is seen may be another by now than what was read: only then is it worth a request. */
function watch(jobNow, list, source) {
  const begun = jobNow();
  let [read, idle] = ["", 0];
  return () => {
    const job = jobNow();
    const over = ENDED.has(job.status);
    if (over && ENDED.has(begun.status) && job.run === begun.run) return false;
    const [first, last] = list.range;
    const seen = source.entries.slice(first, last + 1);
    // In a later run what is settled may be taken up again.
    const quiet = over || (job.run === 1 && seen.length > last - first && seen.every((item) => SETTLED.has(item.status)));
    const state = quiet ? `${job.run} ${job.status} ${first}` : `${job.rev}, ${first}`;
    idle = state === read ? idle + 1 : 0;
    if (idle > 0 && (quiet || idle % SLOWLY !== 0)) return false;
    read = state;
    return true;
  };
}

function rowOf(item) {
  const told = item.error ? known(`error.${item.error.code}`, item.error.message) : item.origin ? t(`origin.${item.origin}`) : item.next_attempt_at ? t("items.next", { at: moment(item.next_attempt_at) }) : "";
  return h("div", { class: "item-row" },
    h("span", { role: "cell" }, nameOf(item), " ", h("span", { class: "muted" }, item.marketplace)),
    h("span", { role: "cell" }, h("span", { class: `dot dot-${item.status}` }), t(`item.${item.status}`)),
    h("span", { role: "cell", class: "clip", title: item.error?.message }, told),
    h("span", { role: "cell", class: "muted" }, item.processed_at ? moment(item.processed_at) : ""));
}

/** Leads to the product where there is one, and to the shop where it failed: there one sees why. */
function nameOf({ status, marketplace, asin }) {
  if (status === "succeeded") return h("a", { class: "mono", href: href(["products", marketplace, asin]) }, asin);
  if (status !== "failed") return h("span", { class: "mono" }, asin);
  return h("a", { class: "mono", href: `https://www.${marketplace}/dp/${asin}`, target: "_blank", rel: "noopener noreferrer" }, asin);
}
