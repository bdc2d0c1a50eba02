// The products that a job has collected, in its order.

import { every, h, render } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { ENDED } from "../../parts/jobs.js";
import { listing } from "../../parts/listing.js";
import { Histories, productHead, productRow } from "../../parts/products.js";
import { empty } from "../../parts/states.js";

export function openResults(panel, job) {
  const place = h("div", { class: "panel panel-flush" });
  const histories = new Histories();
  let [now, read] = [job, job.success_count];
  render(panel, h("p", {}, h("a", { href: href(["products"], { job_id: job.id }) }, t("results.sort"))), place);
  const shown = listing(place, {
    path: `/v1/jobs/${job.id}/results`, keyOf: (product) => product.seq, kind: "products", label: t("tab.results"), frame: (list) => h("div", {}, productHead(), list),
    rowOf: (product, source) => productRow(product, histories, (next) => source.replace(product.seq, { ...next, seq: product.seq })),
    nothing: () => empty(t("products.none"), t(ENDED.has(now.status) ? "results.none" : "products.none.text")),
  });
  const stop = every(4_000, async () => {
    if (now.success_count === read) return;
    read = now.success_count;
    await shown.refresh();
  });
  return { take: (next) => (now = next), close: () => (stop(), histories.close(), shown.close()) };
}
