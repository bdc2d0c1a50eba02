// A list that comes by cursor and scrolls with the page, whatever its length.

import { render } from "../core/dom.js";
import { Source } from "../core/source.js";
import { failed, skeleton } from "./states.js";
import { VirtualList } from "./virtual.js";

/**
 * Fills `place` with the entries of `path`. `rowOf(entry, source)` makes a row, `kind` names its height in CSS,
 * `nothing()` tells what stands there when there is none, `frame(list)` what stands around the rows.
 */
export function listing(place, { path, query = {}, keyOf = (entry) => entry.id, rowOf, kind, label, nothing, frame = (list) => list, limit = 50, ...roles }) {
  const more = () => source.more().catch((error) => render(place, failed(error, more)));
  const list = new VirtualList({ rowOf: (entry) => rowOf(entry, source), keyOf, needMore: more, label, ...roles });
  list.element.classList.add(`virtual-${kind}`);
  const whole = frame(list.element);
  const source = new Source(path, query, { keyOf, limit, onChange: show });
  render(place, skeleton(5));
  function show(entries) {
    if (entries.length === 0) return void render(place, nothing());
    if (!whole.isConnected) render(place, whole);
    list.show(entries, source.ended ? entries.length : -1);
  }
  more();
  return { source, list, refresh: () => source.refresh(...list.range).catch(() => {}), close: () => (list.close(), source.close()) };
}

/** The same for entries that are all there. */
export function fixed(place, entries, { keyOf, rowOf, kind, label }) {
  const list = new VirtualList({ rowOf, keyOf, label });
  list.element.classList.add(`virtual-${kind}`);
  render(place, list.element);
  list.show(entries, entries.length);
  return list;
}
