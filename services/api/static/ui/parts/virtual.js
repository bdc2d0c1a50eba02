// Long lists: only the rows near what is seen are in the page, whatever the length.

import { h } from "../core/dom.js";

const BEYOND = 12;

/** Rows of one height (`--row` in CSS) that scroll with the page. `rowOf(entry, place)` makes one; `needMore` is called near the end. */
export class VirtualList {
  constructor({ rowOf, keyOf, needMore = () => {}, label, role = "list", rowRole = "listitem" }) {
    Object.assign(this, { rowOf, keyOf, needMore, rowRole });
    this.element = h("div", { class: "virtual", role, "aria-label": label });
    this.entries = [];
    this.rows = new Map();
    this.total = null;
    this.onScroll = () => requestAnimationFrame(() => this.draw());
    addEventListener("scroll", this.onScroll, { passive: true });
    addEventListener("resize", this.onScroll, { passive: true });
  }

  /** `total` is how many there will be, where that is known. */
  show(entries, total = null) {
    this.entries = entries;
    this.total = total;
    this.draw();
  }

  /** The first and last place that is seen. */
  get range() {
    const height = this.height;
    const top = -this.element.getBoundingClientRect().top;
    return [Math.max(0, Math.floor(top / height)), Math.max(0, Math.ceil((top + innerHeight) / height))];
  }

  get height() {
    return parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 56;
  }

  draw() {
    if (!this.element.isConnected) return;
    const height = this.height;
    this.element.style.height = `${this.entries.length * height}px`;
    const [seenFirst, seenLast] = this.range;
    const [first, last] = [Math.max(0, seenFirst - BEYOND), Math.min(this.entries.length - 1, seenLast + BEYOND)];
    const wanted = new Map();
    for (let place = first; place <= last; place += 1) wanted.set(this.keyOf(this.entries[place]), place);
    this.#drop(wanted);
    for (const [key, place] of wanted) this.#place(key, place, height);
    this.#order([...wanted.keys()]);
    if (seenLast + BEYOND >= this.entries.length) this.needMore();
  }

  #drop(wanted) {
    for (const [key, row] of this.rows) {
      const focused = row.element.contains(document.activeElement);
      // Whoever has the focus in a row keeps it, as long as there is the row; then its neighbour has it.
      if (wanted.has(key) || (focused && this.entries.some((entry) => this.keyOf(entry) === key))) continue;
      const next = focused ? (row.element.nextElementSibling ?? row.element.previousElementSibling) : null;
      row.element.remove();
      this.rows.delete(key);
      next?.querySelector("a, button, input")?.focus({ preventScroll: true });
    }
  }

  #place(key, place, height) {
    const entry = this.entries[place];
    let row = this.rows.get(key);
    if (row?.entry !== entry) {
      const element = this.rowOf(entry, place);
      element.classList.add("virtual-row");
      element.setAttribute("role", this.rowRole);
      if (row && row.element.contains(document.activeElement)) this.#carryFocus(row.element, element);
      if (row) row.element.replaceWith(element);
      else this.element.append(element);
      row = { element, entry };
      this.rows.set(key, row);
    }
    row.element.style.transform = `translateY(${place * height}px)`;
    const [size, position] = this.rowRole === "row" ? [null, "aria-rowindex"] : ["aria-setsize", "aria-posinset"];
    row.element.setAttribute(position, place + 1);
    if (size) row.element.setAttribute(size, this.total ?? this.entries.length);
  }

  /** Rows stand in the page as they are seen: that is the order of the Tab key and of screen readers. */
  #order(keys) {
    let next = null;
    for (const key of keys.reverse()) {
      const { element } = this.rows.get(key);
      if (element.nextElementSibling !== next && !element.contains(document.activeElement)) this.element.insertBefore(element, next);
      next = element;
    }
  }

  #carryFocus(before, after) {
    const parts = (element) => [...element.querySelectorAll("a, button, input, select")];
    const place = parts(before).indexOf(document.activeElement);
    queueMicrotask(() => parts(after)[place]?.focus({ preventScroll: true }));
  }

  close() {
    removeEventListener("scroll", this.onScroll);
    removeEventListener("resize", this.onScroll);
  }
}
