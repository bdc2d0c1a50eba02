// For operators: pages that were kept because something on them was not understood.

import { download } from "../core/api.js";
import { h, render } from "../core/dom.js";
import { ago, known, number, t } from "../core/i18n.js";
import { Source } from "../core/source.js";
import { empty, failed, skeleton } from "../parts/states.js";
import { attempt } from "../parts/toast.js";

export function open(root) {
  const place = h("section", {});
  render(root, h("h1", {}, t("nav.samples")), h("p", { class: "muted" }, t("samples.text")), place);
  const tell = (error) => render(place, failed(error, () => source.more().catch(tell)));
  const next = h("button", { class: "button", onclick: () => source.more().catch(tell) }, t("action.more"));
  const source = new Source("/v1/page-samples", {}, {
    keyOf: (sample) => sample.id,
    limit: 50,
    onChange: (samples) => render(place, samples.length === 0 ? empty(t("samples.none"), t("samples.none.text")) : h("ul", { class: "panel rows" }, samples.map(sampleRow)), !source.ended && next),
  });
  render(place, skeleton(4));
  source.more().catch(tell);
  return { close: () => source.close() };
}

function sampleRow(sample) {
  const save = () => attempt(() => download(`/v1/page-samples/${encodeURIComponent(sample.id)}/body`, {}, `${sample.marketplace}-${sample.asin ?? "list"}.html`));
  return h("li", { class: "export" },
    h("div", { class: "grow" },
      h("strong", {}, known(`samples.${sample.reason}`, sample.reason)), " ", h("span", { class: "muted" }, sample.missing.join(", ")),
      h("p", { class: "muted clip" }, sample.url),
      h("p", { class: "muted" }, [sample.marketplace, `HTTP ${sample.status}`, `${number(sample.size / 1000)} kB`, ago(sample.at)].join(" · "))),
    h("button", { class: "button button-small", onclick: save }, t("samples.download")));
}
