// Where to send which events. A new webhook's secret is shown once.

import { get, send } from "../../core/api.js";
import { h, render } from "../../core/dom.js";
import { percent, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { modal } from "../../parts/dialog.js";
import { check, input } from "../../parts/fields.js";
import { explain, loading, skeleton } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

export const EVENTS = ["job.completed", "job.failed", "job.cancelled", "job.progressed", "price.changed", "product.profitable"];
const PROGRESSED = "job.progressed";
const STEPS = [10, 25, 50, 75, 90];

export function open(root, path) {
  if (path[1] === "new") return void form(root, { url: "https://", description: "", events: ["job.completed", "job.failed"], progress: [25, 50, 75] }, null);
  loading(root, skeleton(3, "block"), () => get(`/v1/webhooks/${encodeURIComponent(path[1])}`), (webhook) => {
    const place = h("div", { class: "stack" });
    form(place, { ...webhook }, webhook.id);
    return place;
  });
  return undefined;
}

function form(root, draft, id) {
  const error = h("p", { class: "field-error", role: "alert" });
  const save = h("button", { class: "button button-primary" }, t(id === null ? "webhooks.create" : "action.save"));
  const submit = async (event) => {
    event.preventDefault();
    save.disabled = true;
    try {
      const { url, description, events, progress } = draft;
      const asked = { url: url.trim(), description: description.trim(), events, progress };
      const saved = await (id === null ? send("POST", "/v1/webhooks", asked) : send("PATCH", `/v1/webhooks/${id}`, asked));
      if (saved.secret) await showSecret(saved.secret);
      else toast(t("webhooks.saved"));
      go(["webhooks", saved.id]);
    } catch (problem) {
      error.textContent = explain(problem);
      save.disabled = false;
    }
  };
  render(root,
    h("p", { class: "crumb" }, h("a", { href: href(["webhooks"]) }, t("nav.webhooks"))),
    h("h1", {}, t(id === null ? "webhooks.new" : "webhooks.edit")),
    h("form", { class: "panel form", onsubmit: submit },
      input(t("webhooks.url"), { id: "url", type: "url", required: true, maxlength: 2048, spellcheck: "false", value: draft.url, oninput: (e) => (draft.url = e.target.value) }, t("webhooks.url.help")),
      input(t("webhooks.description"), { id: "description", maxlength: 200, value: draft.description, oninput: (e) => (draft.description = e.target.value) }),
      events(draft, save), error, h("div", { class: "buttons" }, save)));
}

function events(draft, save) {
  const steps = h("fieldset", { class: "checks", hidden: !draft.events.includes(PROGRESSED) }, h("legend", {}, t("webhooks.progress")),
    [...new Set([...STEPS, ...draft.progress])].sort((a, b) => a - b).map((step) => check(percent(step), draft.progress.includes(step), (on) => (draft.progress = toggled(draft.progress, step, on)))));
  const pick = (name) => (on) => {
    draft.events = toggled(draft.events, name, on);
    steps.hidden = !draft.events.includes(PROGRESSED);
    save.disabled = draft.events.length === 0;
  };
  return [h("fieldset", { class: "events" }, h("legend", {}, t("webhooks.what")),
    EVENTS.map((name) => h("div", {}, check(h("code", {}, name), draft.events.includes(name), pick(name), { "aria-describedby": `event-${name}` }), h("p", { class: "help", id: `event-${name}` }, t(`event.${name}`))))), steps];
}

const toggled = (list, entry, on) => (on ? [...list, entry] : list.filter((each) => each !== entry));

/** Shows a secret until its reader says that it is kept. */
export function showSecret(secret) {
  return modal(t("secret.title"), (close) => {
    const told = h("span", { class: "good", role: "status" });
    const copy = async () => {
      field.select();
      await navigator.clipboard.writeText(secret);
      told.textContent = t("secret.copied");
    };
    const field = h("input", { id: "secret", class: "mono", readonly: true, value: secret, onfocus: () => field.select() });
    return [
      h("p", {}, t("secret.text")),
      h("label", { class: "field", for: "secret" }, h("span", {}, t("secret.label")), field),
      h("div", { class: "dialog-actions" }, told,
        // Only pages of a secure context may write to the clipboard; elsewhere it is marked, ready to be copied.
        navigator.clipboard && h("button", { class: "button", onclick: copy }, t("secret.copy")),
        h("button", { class: "button button-primary", onclick: () => close("kept") }, t("secret.kept"))),
    ];
  }, { wide: true, firm: true });
}
