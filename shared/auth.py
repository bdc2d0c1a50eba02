"""Bearer tokens: JSON Web Tokens, HS256 with a shared secret."""

from __future__ import annotations

import time
from collections.abc import Iterable

import jwt

# RFC 7518, section 3.2: an HS256 key has at least the hash's size.
MIN_SECRET_BYTES = 32
ALGORITHM = "HS256"
SCOPES = ("jobs:read", "jobs:write", "products:read", "products:write", "operator")
USER_SCOPES = SCOPES[:-1]


def issue_token(secret: str, user_id: str, scopes: Iterable[str] = USER_SCOPES, lifetime_seconds: int = 86_400) -> str:
    """A signed token for `user_id`; raises ValueError when the secret is too short to be safe."""
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"the secret must have at least {MIN_SECRET_BYTES} bytes")
    now = int(time.time())
    claims = {"sub": user_id, "scope": " ".join(scopes), "iat": now, "exp": now + lifetime_seconds}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)
