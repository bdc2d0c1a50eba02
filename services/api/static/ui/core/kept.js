// The list that was left last, as it stood: whoever goes back to it finds the place where they were.

let kept = null;
let byLink = false;

history.scrollRestoration = "manual";
addEventListener("click", (event) => (byLink = event.target instanceof Element && event.target.closest("a[href^='#']") !== null), { capture: true });

/** Whether the present address was come to by a link on the page, which means to begin anew; told once. */
export function cameByLink() {
  const told = byLink;
  byLink = false;
  return told;
}

/** Takes the list of `hash` out of `main` as it is, for `restore`; one that was kept before is closed. */
export function keep(view, main, hash) {
  drop();
  kept = { view, hash, top: scrollY, nodes: [...main.childNodes] };
}

export function drop() {
  kept?.view.close();
  kept = null;
}

/** Puts the list of `hash` back if it is kept, the focus on what led from it to `cameFrom`; gives its view, or null. */
export function restore(main, hash, cameFrom) {
  if (kept?.hash !== hash) return null;
  const { view, nodes, top } = kept;
  kept = null;
  main.replaceChildren(...nodes);
  scrollTo(0, top);
  const led = [...main.querySelectorAll("a")].find((link) => `${cameFrom}/`.startsWith(`${link.getAttribute("href")}/`));
  (led ?? main).focus({ preventScroll: true });
  view.resume();
  return view;
}
