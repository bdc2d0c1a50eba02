// One job, live: what it does now, and all that can be asked about it.

import { get } from "../core/api.js";
import { h, render, say } from "../core/dom.js";
import { duration, number, percent, t } from "../core/i18n.js";
import { href } from "../core/router.js";
import { follow } from "../core/sse.js";
import { gateTold } from "../parts/gate.js";
import { ENDED, badge, bar, counts, jobName, reason } from "../parts/jobs.js";
import { explain, loading, skeleton } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { actions } from "./job/actions.js";
import { openDetails } from "./job/details.js";
import { openErrors } from "./job/errors.js";
import { openItems } from "./job/items.js";
import { openBooks, openExports, openTimeline } from "./job/papers.js";
import { openProfit } from "./job/profit.js";
import { openResults } from "./job/results.js";

const TABS = { items: openItems, results: openResults, errors: openErrors, profit: openProfit, timeline: openTimeline, audit: openBooks, exports: openExports, details: openDetails };

export function open(root, path) {
  const page = new JobPage(root, path[1]);
  loading(root, skeleton(4, "block"), () => get(`/v1/jobs/${encodeURIComponent(path[1])}`), (job) => page.begin(job, path[2]));
  return { close: () => page.close(), update: (next) => page.turn(next) };
}

class JobPage {
  constructor(root, id) {
    Object.assign(this, { root, id, job: null, tab: null, name: null, closed: false });
    this.abort = new AbortController();
  }

  begin(job, tab) {
    this.head = h("div", {});
    this.live = h("span", { class: "live", role: "status" });
    this.figures = h("section", { class: "panel job-figures", "aria-label": t("job.figures") });
    this.panel = h("section", { class: "job-panel" });
    this.tabs = h("nav", { class: "tabs", "aria-label": t("job.parts") },
      Object.keys(TABS).map((name) => h("a", { href: href(["jobs", this.id, name]), data: { tab: name } }, t(`tab.${name}`))));
    this.take(job);
    queueMicrotask(() => this.#show(tab in TABS ? tab : "items"));
    this.#follow();
    return [this.head, this.figures, this.tabs, this.panel];
  }

  /** A newer view of the job, from wherever it came. */
  take(job) {
    if (this.closed || (this.job && job.rev < this.job.rev)) return;
    const before = this.job;
    this.job = job;
    if (!before || before.status !== job.status || before.priority !== job.priority) this.#drawHead();
    this.#drawFigures();
    this.#title();
    this.tab?.take?.(job, before);
    if (before && ENDED.has(before.status) && !ENDED.has(job.status)) this.#follow();
  }

  /** Told where the tab is out of sight, too. */
  #title() {
    const { job } = this;
    const state = ENDED.has(job.status) ? t(`status.${job.status}`) : percent(job.progress_percent, 0);
    document.title = `${state} · ${jobName(job)} · Asinflow`;
  }

  turn(path) {
    if (path[0] !== "jobs" || path[1] !== this.id || !this.job) return false;
    this.#show(path[2] in TABS ? path[2] : "items");
    return true;
  }

  async #follow() {
    this.abort.abort();
    this.abort = new AbortController();
    try {
      await follow(this.id, { signal: this.abort.signal, onJob: (job) => this.take(job), onState: (state) => this.#tell(state) });
      this.#tell("ended");
    } catch (error) {
      toast(explain(error), { kind: "bad" });
    }
  }

  #tell(state) {
    this.live.dataset.state = state;
    say(this.live, state === "ended" ? "" : t(`live.${state}`));
  }

  #show(name) {
    if (this.name === name) return;
    this.tab?.close?.();
    this.name = name;
    for (const link of this.tabs.children) {
      if (link.dataset.tab === name) {
        link.setAttribute("aria-current", "page");
        // Not scrollIntoView, which would move the page as well.
        this.tabs.scrollLeft = link.offsetLeft - this.tabs.offsetLeft - 40;
      } else link.removeAttribute("aria-current");
    }
    render(this.panel);
    this.tab = TABS[name](this.panel, this.job, (job) => this.take(job)) ?? null;
  }

  #drawHead() {
    const { job } = this;
    render(this.head,
      h("p", { class: "crumb" }, h("a", { href: href(["jobs"]) }, t("nav.jobs")), ` / ${t(`type.${job.type}`)}`),
      h("div", { class: "head" }, h("h1", { class: "job-name" }, jobName(job)), badge(job.status), this.live, h("div", { class: "head-side" }, actions(job, (next) => this.take(next)))),
      (job.tags ?? []).length > 0 && h("p", { class: "tags" }, job.tags.map((tag) => h("a", { class: "tag", href: href(["jobs"], { tag }) }, `#${tag}`))));
  }

  #drawFigures() {
    const { job } = this;
    const figure = (label, value, kind = "") => h("div", { class: `figure-box ${kind}` }, h("dt", {}, label), h("dd", {}, value));
    const why = reason(job);
    const time = ENDED.has(job.status) ? [t("job.duration"), duration(job.duration_seconds)] : [t("job.eta"), duration(job.eta_seconds)];
    render(this.figures,
      h("div", { class: "job-progress" }, h("strong", {}, percent(job.progress_percent)), h("span", { class: "muted figure" }, counts(job))),
      bar(job),
      h("dl", { class: "figure-boxes" },
        figure(t("job.succeeded"), number(job.success_count), "good"),
        figure(t("job.failed"), number(job.error_count), job.error_count ? "bad" : ""),
        figure(t("job.speed"), job.items_per_second ? t("job.rate", { n: number(job.items_per_second, 1) }) : "–"),
        figure(...time)),
      !(ENDED.has(job.status) && !why) && h("p", { class: "job-reason" }, why && h("span", { class: job.status === "FAILED" ? "bad" : "warn" }, why)),
      gateTold(job));
  }

  close() {
    this.closed = true;
    this.abort.abort();
    this.tab?.close?.();
  }
}
