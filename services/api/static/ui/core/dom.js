// Makes elements. Text is only ever text: nothing here parses markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes, `on…` listeners, `class`, `data`; children are nodes, text, or lists of them (null is none). */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value;
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "vars") for (const [key, v] of Object.entries(value)) element.style.setProperty(`--${key}`, v);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replaces what is in `element`. */
export function render(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Sets text only where it is another one, so that screen readers and selections are left in peace. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Calls `act` once the calls have paused for `ms`; `cancel` takes back the last one. */
export function debounced(act, ms) {
  let timer = 0;
  const later = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), ms);
  };
  return Object.assign(later, { cancel: () => clearTimeout(timer) });
}

/** Calls `act` every `ms` while the page is seen, never twice at a time; the returned function ends it. */
export function every(ms, act) {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      await act();
    } finally {
      busy = false;
    }
  }, ms);
  return () => clearInterval(timer);
}
