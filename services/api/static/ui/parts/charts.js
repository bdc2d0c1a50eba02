// Pictures of figures: inline SVG, made here; each says in words what it shows.

import { svg } from "../core/dom.js";

/** A line through `values`, left to right; null for fewer than two. */
export function sparkline(values, label, { width = 96, height = 28 } = {}) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length < 2) return null;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const x = (place) => 2 + (place * (width - 4)) / (known.length - 1);
  const y = (value) => height - 3 - ((value - least) / (most - least || 1)) * (height - 6);
  const points = known.map((value, place) => [x(place), y(value)]);
  // A price holds until it changes: steps, not slopes.
  const line = points.map(([px, py], place) => (place === 0 ? `M${px} ${py}` : `H${px} V${py}`)).join(" ");
  const [endX, endY] = points.at(-1);
  const trend = known.at(-1) < known[0] ? "down" : known.at(-1) > known[0] ? "up" : "flat";
  return svg("svg", { class: `spark spark-${trend}`, viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    svg("path", { d: line }), svg("circle", { cx: endX, cy: endY, r: 2.5 }));
}

const LEAST_COLUMNS = 6;

/** Bars side by side: `columns` are { name, parts: [[class, value], …], tip }. */
export function columns(entries, label, { height = 120 } = {}) {
  const most = Math.max(1, ...entries.map((each) => each.parts.reduce((sum, [, value]) => sum + value, 0)));
  // A few entries make columns, not a wall.
  const step = 100 / Math.max(entries.length, LEAST_COLUMNS);
  const gap = step / 5;
  const bars = entries.map((each, place) => {
    let top = height - 18;
    const stack = each.parts.map(([kind, value]) => {
      const size = (value / most) * (height - 24);
      top -= size;
      return svg("rect", { class: kind, x: `${place * step + gap / 2}%`, y: top, width: `${step - gap}%`, height: size, rx: 2 });
    });
    return svg("g", {}, svg("title", {}, each.tip), svg("rect", { class: "column-space", x: `${place * step}%`, y: 0, width: `${step}%`, height: height - 18 }), stack,
      each.name && svg("text", { x: `${(place + 0.5) * step}%`, y: height - 3 }, each.name));
  });
  return svg("svg", { class: "columns", width: "100%", height, role: "img", "aria-label": label }, bars);
}
