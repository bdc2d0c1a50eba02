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

export const session = {
  get token() {
    return sessionStorage.getItem(KEY);
  },
  get user() {
    return claimsOf(this.token ?? "")?.sub ?? "";
  },
  may(scope) {
    return (claimsOf(this.token ?? "")?.scope ?? "").split(" ").includes(scope);
  },
  begin(token) {
    sessionStorage.setItem(KEY, token);
  },
  end() {
    sessionStorage.removeItem(KEY);
  },
};
