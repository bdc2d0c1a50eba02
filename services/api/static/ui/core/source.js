// A list that comes by cursor, as far as it has been looked at.

import { get } from "./api.js";

/** Entries of `path`, known by `keyOf`; `onChange` is told whenever there are more or other ones. */
export class Source {
  constructor(path, query, { keyOf, limit = 100, onChange = () => {} }) {
    Object.assign(this, { path, query, keyOf, limit, onChange });
    this.chunks = [];
    this.entries = [];
    this.next = null;
    this.extra = null;
    this.loading = null;
    this.ended = false;
    this.closed = false;
  }

  /** Loads what follows; several calls at a time are one. */
  more() {
    if (this.ended || this.closed) return Promise.resolve();
    this.loading ??= this.#load().finally(() => (this.loading = null));
    return this.loading;
  }

  async #load() {
    const cursor = this.next;
    const page = await this.#page(cursor);
    this.chunks.push({ cursor, entries: page.items });
    this.next = page.next_cursor;
    this.ended = page.next_cursor === null;
    this.#join();
  }

  #page(cursor) {
    return get(this.path, { ...this.query, limit: this.limit, cursor });
  }

  /** Reads again what holds the entries from `first` to `last`; what has come before the first entry comes in as well. */
  async refresh(first, last) {
    if (this.loading || this.closed || this.chunks.length === 0) return;
    let start = 0;
    for (const [place, chunk] of [...this.chunks].entries()) {
      const end = start + chunk.entries.length;
      if (start <= last && end >= first) await this.#reread(chunk, place === this.chunks.length - 1);
      start = end;
    }
    this.#join();
  }

  async #reread(chunk, isLast) {
    const page = await this.#page(chunk.cursor);
    const end = page.items.at(-1);
    const place = end === undefined ? -1 : chunk.entries.findIndex((entry) => this.keyOf(entry) === this.keyOf(end));
    // What new entries have pushed off the end of the page stays behind them.
    const pushed = page.next_cursor === null ? [] : chunk.entries.slice(place + 1);
    chunk.entries = [...page.items, ...pushed];
    if (isLast && pushed.length === 0) Object.assign(this, { next: page.next_cursor, ended: page.next_cursor === null });
  }

  #join() {
    if (this.closed) return;
    const seen = new Map();
    for (const chunk of this.chunks) for (const entry of chunk.entries) if (!seen.has(this.keyOf(entry))) seen.set(this.keyOf(entry), entry);
    this.entries = [...seen.values()];
    this.onChange(this.entries);
  }

  /** Puts `entry` in the place of the one with its key; null takes it out. */
  replace(key, entry) {
    for (const chunk of this.chunks) {
      chunk.entries = chunk.entries.flatMap((each) => (this.keyOf(each) !== key ? [each] : entry === null ? [] : [entry]));
    }
    this.#join();
  }

  close() {
    this.closed = true;
  }
}
