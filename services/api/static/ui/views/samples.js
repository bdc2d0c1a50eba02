// For operators: pages that were kept because something on them was not understood.

import { download } from "../core/api.js";
import { h, render } from "../core/dom.js";
import { ago, known, number, t } from "../core/i18n.js";
import { listing } from "../parts/listing.js";
import { empty } from "../parts/states.js";
import { attempt } from "../parts/toast.js";

export function open(root) {
  const place = h("section", { class: "panel panel-flush" });
  render(root, h("h1", {}, t("nav.samples")), h("p", { class: "muted" }, t("samples.text")), place);
  return listing(place, { path: "/v1/page-samples", kind: "samples", label: t("nav.samples"), rowOf: sampleRow, nothing: () => empty(t("samples.none"), t("samples.none.text")) });
}

function sampleRow(sample) {
  const save = () => attempt(() => download(`/v1/page-samples/${encodeURIComponent(sample.id)}/body`, {}, `${sample.marketplace}-${sample.asin ?? "list"}.html`));
  return h("div", { class: "sample-row" },
    h("div", { class: "stacked" },
      h("span", { class: "clip" }, h("strong", {}, known(`samples.${sample.reason}`, sample.reason)), " ", h("span", { class: "muted" }, sample.missing.map((name) => known(`field.${name}`, name)).join(", "))),
      h("p", { class: "muted clip" }, sample.url),
      h("p", { class: "muted clip" }, [sample.marketplace, `HTTP ${sample.status}`, `${number(sample.size / 1000)} kB`, ago(sample.at)].join(" · "))),
    h("button", { class: "button button-small", "aria-label": `${t("samples.download")}: ${sample.url}`, onclick: save }, t("samples.download")));
}
