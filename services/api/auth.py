"""Who is calling: JSON Web Tokens checked against a secret or a published key set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from services.api.problems import Problem
from shared.auth import ALGORITHM

# Only signatures by a private key: a public key must never be taken for an HMAC secret.
KEY_SET_ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARACTERS = 8_192
MAX_USER_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Caller:
    """`user_id` owns what it creates; `scopes` say what it may do."""

    user_id: str
    scopes: frozenset[str]


class KeySet(Protocol):
    async def find(self, key_id: str | None) -> jwt.PyJWK | None: ...


class Authenticator:
    """Accepts HS256 tokens when it has a secret, and tokens signed by a key of the set when it has one."""

    def __init__(
        self,
        secret: str | None,
        keys: KeySet | None = None,
        *,
        issuer: str | None = None,
        audience: str | None = None,
    ) -> None:
        self._secret = secret
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def authenticate(self, token: str | None) -> Caller:
        """Raises Problem (401), which never says more about a bad token than that it is bad or expired."""
        if not token:
            raise unauthorized("Send a token as `Authorization: Bearer …`.", error=None)
        try:
            claims = await self._claims(token)
        except jwt.ExpiredSignatureError as error:
            raise unauthorized("The token has expired.") from error
        except jwt.PyJWTError as error:
            raise unauthorized("The token is not valid.") from error
        return _caller(claims)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise jwt.InvalidTokenError("too long")
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm == ALGORITHM and self._secret is not None:
            return self._decode(token, self._secret, ALGORITHM)
        if isinstance(algorithm, str) and algorithm in KEY_SET_ALGORITHMS and self._keys is not None:
            key = await self._keys.find(header.get("kid"))
            if key is not None and key.algorithm_name in KEY_SET_ALGORITHMS:
                return self._decode(token, key, key.algorithm_name)
        raise jwt.InvalidTokenError("no key for it")

    def _decode(self, token: str, key: str | jwt.PyJWK, algorithm: str) -> Mapping[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"], "verify_aud": self._audience is not None},
        )


def _caller(claims: Mapping[str, Any]) -> Caller:
    user_id, scope = claims["sub"], claims.get("scope", "")
    if not 1 <= len(user_id) <= MAX_USER_CHARACTERS or not user_id.isprintable() or not isinstance(scope, str):
        raise unauthorized("The token names no usable user or scope.")
    return Caller(user_id, frozenset(scope.split()))


def require(caller: Caller, scope: str) -> None:
    """Raises Problem (403) when the token does not allow `scope`."""
    if scope not in caller.scopes:
        raise Problem(
            403,
            "insufficient_scope",
            f"The token lacks the scope {scope}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


def unauthorized(detail: str, error: str | None = "invalid_token") -> Problem:
    challenge = "Bearer" if error is None else f'Bearer error="{error}"'
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})
