// Moments, with the whole date and its zone for whoever points at them.

import { h } from "../core/dom.js";
import { ago, fullMoment, moment } from "../core/i18n.js";

/** A moment as it is told; nothing where there is none. */
export function when(iso, tell = moment) {
  return iso ? h("time", { datetime: iso, title: fullMoment(iso) }, tell(iso)) : null;
}

export const since = (iso) => when(iso, ago);
