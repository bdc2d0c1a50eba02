// Addresses after the `#`: what is looked at can be linked to, and the server knows one page only.

/** { path: ["jobs", "019a…"], query: {…} } of the address bar. */
export function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** A part of an address as it is meant; one that nothing was encoded as stays as it is, and names nothing. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return part;
  }
}

/** The address of a view; empty values are left out. */
export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  const text = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export function go(path, query) {
  location.hash = href(path, query);
}

/** Changes the query of the address without a step in the history. */
export function refine(query) {
  history.replaceState(null, "", href(route().path, query));
}
