// Who is signed in: the token lives in this tab's session storage, never in an address, and ends with the tab.

const KEY = "asinflow.token";

/** The claims of a token, unverified (the API verifies); null when it is no JSON Web Token. */
export function claimsOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const bytes = Uint8Array.from(atob(parts[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}

// Whom a gateway before the API has signed in: it puts the token into every request, and we never see it.
let adopted = null;

export const session = {
  get signedIn() {
    return this.token !== null || adopted !== null;
  },
  /** Whether signing in and out is a gateway's. */
  get byGateway() {
    return this.token === null && adopted !== null;
  },
  /** Takes what `GET /v1/me` has told without a token of ours. */
  adopt(me) {
    adopted = me;
  },
  get token() {
    return sessionStorage.getItem(KEY);
  },
  get user() {
    return claimsOf(this.token ?? "")?.sub ?? adopted?.user_id ?? "";
  },
  may(scope) {
    const scopes = this.token === null ? (adopted?.scopes ?? []) : (claimsOf(this.token)?.scope ?? "").split(" ");
    return scopes.includes(scope);
  },
  begin(token) {
    sessionStorage.setItem(KEY, token);
  },
  end() {
    sessionStorage.removeItem(KEY);
    adopted = null;
  },
};
