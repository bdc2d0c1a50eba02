"""Whom a token lets in."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from services.api.auth import Authenticator, Caller, require
from services.api.jwks import CachedKeySet, fetcher
from services.api.problems import Problem
from tests.unit.api.builders import NOW, SECRET
from tests.unit.api.fakes import FakeClock

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
RSA_JWK = {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "r", "alg": "RS256"}
EC_JWK = {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "e", "alg": "ES256"}
OCT_JWK = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", "kid": "o", "alg": "HS256"}


def claims(**changes: Any) -> dict[str, Any]:
    plain = {"sub": "ann", "scope": "jobs:read jobs:write", "exp": int(time.time()) + 60, **changes}
    return {name: value for name, value in plain.items() if value is not None}


def token(key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, {"kid": kid} if kid else None)


class Publisher:
    """Serves a key set; counts how often it is asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.down = False
        self.asked = 0

    async def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.down:
            raise httpx.ConnectError("down")
        return {"keys": self.keys}


async def refused(authenticator: Authenticator, given: str | None) -> Problem:
    with pytest.raises(Problem) as caught:
        await authenticator.authenticate(given)
    return caught.value


async def test_good_token_names_user_and_scopes() -> None:
    caller = await Authenticator(SECRET).authenticate(token())
    assert caller == Caller("ann", frozenset({"jobs:read", "jobs:write"}))


@pytest.mark.parametrize(
    "bad",
    [
        token(key="another-secret-of-at-least-32-bytes"),
        token(exp=None),
        token(exp=int(time.time()) - 60),
        token(nbf=int(time.time()) + 3600),
        token(sub=None),
        token(sub=""),
        token(sub="a\nb"),
        token(sub="x" * 129),
        token(scope=["operator"]),
        token(algorithm="HS512", key=SECRET * 2),
        jwt.encode(claims(), "", "none"),
        token(RSA, "RS256"),
        "a.b.c",
        "nonsense",
        "x" * 9_000,
    ],
)
async def test_bad_token_is_refused_with_a_challenge(bad: str) -> None:
    problem = await refused(Authenticator(SECRET), bad)
    assert (problem.status, problem.headers) == (401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


async def test_missing_token_is_asked_for() -> None:
    problem = await refused(Authenticator(SECRET), None)
    assert (problem.status, problem.headers) == (401, {"WWW-Authenticate": "Bearer"})


async def test_issuer_and_audience_are_checked_when_set() -> None:
    strict = Authenticator(SECRET, issuer="https://id.test", audience="asinflow")
    assert await strict.authenticate(token(iss="https://id.test", aud="asinflow"))
    assert (await refused(strict, token(iss="https://id.test", aud="else"))).status == 401
    assert (await refused(strict, token(aud="asinflow"))).status == 401


async def test_audience_of_others_is_ignored_when_unset() -> None:
    assert await Authenticator(SECRET).authenticate(token(aud="anyone"))


def test_scope_is_required_exactly() -> None:
    require(Caller("ann", frozenset({"jobs:read"})), "jobs:read")
    with pytest.raises(Problem) as caught:
        require(Caller("ann", frozenset({"jobs:read", "operator"})), "jobs:write")
    assert (caught.value.status, caught.value.code) == (403, "insufficient_scope")


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA, "RS256", "r"), (EC, "ES256", "e")])
async def test_token_signed_by_a_published_key_is_good(key: Any, algorithm: str, kid: str) -> None:
    keys = CachedKeySet(Publisher(RSA_JWK, EC_JWK).fetch, FakeClock(NOW))
    assert (await Authenticator(None, keys).authenticate(token(key, algorithm, kid))).user_id == "ann"


async def test_published_key_is_never_a_shared_secret() -> None:
    keys = CachedKeySet(Publisher(OCT_JWK).fetch, FakeClock(NOW))
    forged = token("secret-secret-secret-secret-secr", "HS256", "o")
    assert (await refused(Authenticator(None, keys), forged)).status == 401


async def test_key_of_another_algorithm_is_refused() -> None:
    keys = CachedKeySet(Publisher({**RSA_JWK, "kid": "e"}).fetch, FakeClock(NOW))
    assert (await refused(Authenticator(None, keys), token(EC, "ES256", "e"))).status == 401


async def test_token_without_key_id_fits_the_only_key() -> None:
    one = CachedKeySet(Publisher(RSA_JWK).fetch, FakeClock(NOW))
    two = CachedKeySet(Publisher(RSA_JWK, EC_JWK).fetch, FakeClock(NOW))
    assert await Authenticator(None, one).authenticate(token(RSA, "RS256"))
    assert (await refused(Authenticator(None, two), token(RSA, "RS256"))).status == 401


async def test_keys_are_fetched_once_and_kept() -> None:
    publisher = Publisher(RSA_JWK)
    authenticator = Authenticator(None, CachedKeySet(publisher.fetch, FakeClock(NOW)))
    for _ in range(3):
        await authenticator.authenticate(token(RSA, "RS256", "r"))
    assert publisher.asked == 1


async def test_new_key_is_found_but_made_up_ones_cost_nothing() -> None:
    publisher, clock = Publisher(RSA_JWK), FakeClock(NOW)
    authenticator = Authenticator(None, CachedKeySet(publisher.fetch, clock))
    await authenticator.authenticate(token(RSA, "RS256", "r"))
    publisher.keys.append(EC_JWK)
    assert (await refused(authenticator, token(EC, "ES256", "e"))).status == 401
    assert publisher.asked == 1
    clock.elapsed += 10
    assert await authenticator.authenticate(token(EC, "ES256", "e"))
    assert publisher.asked == 2


async def test_keys_outlive_an_outage_of_their_publisher() -> None:
    publisher, clock = Publisher(RSA_JWK), FakeClock(NOW)
    authenticator = Authenticator(None, CachedKeySet(publisher.fetch, clock))
    await authenticator.authenticate(token(RSA, "RS256", "r"))
    publisher.down = True
    clock.elapsed += 301
    assert await authenticator.authenticate(token(RSA, "RS256", "r"))
    assert publisher.asked == 2


@pytest.mark.parametrize("body", [b"no json", b'{"keys": []}', b"[]"])
async def test_without_any_key_tokens_cannot_be_judged(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    async with httpx.AsyncClient(transport=transport) as client:
        keys = CachedKeySet(fetcher(client, "https://id.test/keys"), FakeClock(NOW))
        problem = await refused(Authenticator(None, keys), token(RSA, "RS256", "r"))
    assert (problem.status, problem.retryable) == (503, True)


def forged(header: dict[str, Any], payload: str, key: bytes) -> str:
    """A token that no library would make, signed with HMAC."""
    parts = [json.dumps(header), payload]
    signed = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
    signature = hmac.digest(key, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


PUBLIC_KEYS = [
    RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    json.dumps(RSA_JWK).encode(),
]


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize("key", PUBLIC_KEYS, ids=["pem", "der", "jwk"])
@pytest.mark.parametrize("algorithm", ["HS256", "RS256"])
async def test_public_key_is_never_taken_for_a_secret(secret: str | None, key: bytes, algorithm: str) -> None:
    """Everybody knows the public key: who could sign with it could be anybody."""
    keys = CachedKeySet(Publisher(RSA_JWK).fetch, FakeClock(NOW))
    token = forged({"alg": algorithm, "kid": "r"}, json.dumps(claims(scope="operator")), key)
    assert (await refused(Authenticator(secret, keys), token)).status == 401


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "hs256"},
        {"alg": ["HS256"]},
        {"alg": None},
        {},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
        {"alg": "RS256", "kid": {"$ne": ""}},
        {"alg": "RS256", "kid": ["r"]},
        {"alg": "RS256", "kid": "../../dev/null"},
        {"alg": "RS256", "jwk": RSA_JWK, "jku": "https://elsewhere.example/keys", "x5u": "file:///etc/passwd"},
    ],
)
async def test_strange_headers_open_nothing(header: dict[str, Any]) -> None:
    publisher = Publisher({**RSA_JWK, "kid": "another"}, EC_JWK)
    authenticator = Authenticator(SECRET, CachedKeySet(publisher.fetch, FakeClock(NOW)))
    key = SECRET.encode() if "crit" in header else b""
    assert (await refused(authenticator, forged(header, json.dumps(claims()), key))).status == 401


@pytest.mark.parametrize(
    "changes",
    [
        '"exp": 1e999',
        '"exp": "soon"',
        '"exp": null',
        '"exp": -1',
        '"exp": [9999999999]',
        '"exp": NaN',
        '"nbf": 1e999',
        '"iat": "x"',
        '"sub": 7',
        '"sub": ["ann"]',
        '"sub": {"$ne": null}',
        '"scope": {"a": 1}',
        '"scope": 7',
    ],
)
async def test_claims_of_a_wrong_kind_open_nothing(changes: str) -> None:
    payload = json.dumps(claims())[:-1] + f", {changes}}}"
    assert (await refused(Authenticator(SECRET), forged({"alg": "HS256"}, payload, SECRET.encode()))).status == 401


async def test_clocks_may_differ_by_seconds() -> None:
    assert await Authenticator(SECRET).authenticate(token(exp=int(time.time()) - 5))
    assert await Authenticator(SECRET).authenticate(token(nbf=int(time.time()) + 5))


async def test_token_nested_beyond_reading_is_refused() -> None:
    header = '{"alg": "HS256", "a": ' + "[" * 2_900 + "]" * 2_900 + "}"
    token = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=") + ".e30.AA"
    assert len(token) < 8_192
    assert (await refused(Authenticator(SECRET), token)).status == 401
