// The HTTP interface, spoken with the session's token.

import { session } from "./session.js";

/** What the API said instead of what was asked for: `status`, `code`, `message`, `errors` of fields, `retryAfter` seconds. */
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

const LONGEST_WAIT_SECONDS = 5;
let onUnauthorized = () => {};
// Requests that the user's limit still has room for, as last told.
let left = Infinity;

export function whenUnauthorized(act) {
  onUnauthorized = act;
}

/** Whether there is room for requests that nobody would miss. */
export function hasRoom() {
  return left > 20;
}

function address(path, query) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

/** The response itself; raises ApiError for a refusal and for an API that cannot be reached (status 0). */
export async function request(method, path, { query, json, body, headers = {}, signal } = {}) {
  const asked = { method, signal, headers: { ...(session.token ? { Authorization: `Bearer ${session.token}` } : {}), ...headers }, body, cache: "no-store" };
  if (json !== undefined) {
    asked.headers["Content-Type"] = "application/json";
    asked.body = JSON.stringify(json);
  }
  let response = await reach(address(path, query), asked);
  const pause = Number(response.headers.get("Retry-After"));
  if (response.status === 429 && method === "GET" && pause <= LONGEST_WAIT_SECONDS) {
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    response = await reach(address(path, query), asked);
  }
  left = Number(/"general";r=(\d+)/.exec(response.headers.get("RateLimit") ?? "")?.[1] ?? Infinity);
  if (response.ok) return response;
  if (response.status === 401) onUnauthorized();
  throw new ApiError(response.status, await problemOf(response), pause);
}

let reached = true;

function tell(now) {
  if (now !== reached) dispatchEvent(new CustomEvent("asinflow:reach", { detail: now }));
  reached = now;
}

async function reach(url, asked) {
  try {
    const response = await fetch(url, asked);
    tell(true);
    return response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw unreachable();
  }
}

/** Tells that the API does not answer; the error for it. */
export function unreachable() {
  tell(false);
  return new ApiError(0, { code: "unreachable" }, 0);
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return { title: response.statusText };
    throw error;
  }
}

export async function get(path, query, signal) {
  return (await request("GET", path, { query, signal })).json();
}

/** Sends `json` if there is any; the answer's document, or null when it has none. */
export async function send(method, path, json, query) {
  const response = await request(method, path, { json, query });
  return response.status === 204 ? null : response.json();
}

/** Saves what an address gives as a file: a link could not carry the token. */
export async function download(path, query, name) {
  const blob = await (await request("GET", path, { query })).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A key under which the same request never makes a second job; made without what only secure contexts have. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
