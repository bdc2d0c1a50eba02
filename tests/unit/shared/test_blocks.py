"""A marketplace is blocked when no way to it is free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.blocks import IN_USE_SECONDS, blocks_of, longest, marketplaces_of
from tests.builders import HOME

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def pace(name: str, blocked: float = -100.0, asked: float = -1.0, **changes: Any) -> dict[str, Any]:
    """Blocked until, and last asked, so many seconds from now."""

    def us(seconds: float) -> int:
        return round((NOW.timestamp() + seconds) * 1e6)

    if "probe" in changes:
        changes["probe_until"] = us(changes.pop("probe"))
    return {"_id": name, "blocked_until": us(blocked), "asked": us(asked), "reason": "captcha", **changes}


def test_free_marketplaces_are_not_blocked() -> None:
    assert blocks_of([pace(HOME), pace("amazon.de")], NOW) == {}
    assert blocks_of([], NOW) == {}


def test_paused_marketplace_is_blocked_until_its_pause_ends() -> None:
    [block] = blocks_of([pace(HOME, 40.0), pace("amazon.de")], NOW).values()
    assert (block.marketplace, block.until, block.seconds) == (HOME, NOW + timedelta(seconds=40), 40.0)
    assert (block.reason, block.trying) == ("captcha", False)


def test_any_free_way_out_is_enough() -> None:
    assert blocks_of([pace(HOME, 40.0), pace(f"{HOME}@tokyo")], NOW) == {}


def test_way_out_that_is_not_in_use_any_more_says_nothing() -> None:
    [block] = blocks_of([pace(HOME, asked=-IN_USE_SECONDS - 1), pace(f"{HOME}@tokyo", 40.0)], NOW).values()
    assert block.seconds == 40.0


def test_first_way_out_to_be_free_ends_the_block() -> None:
    [block] = blocks_of(
        [pace(f"{HOME}@a", 40.0), pace(f"{HOME}@b", 20.0), pace(f"{HOME}#creators", 30.0)], NOW
    ).values()
    assert block.seconds == 20.0


def test_open_circuit_is_blocked_until_the_try_has_its_answer() -> None:
    trying = blocks_of([pace(HOME, -5.0, open=True, probe=15.0)], NOW)[HOME]
    assert (trying.seconds, trying.trying) == (15.0, True)
    not_yet = blocks_of([pace(HOME, -5.0, open=True, probe_until=0)], NOW)[HOME]
    assert (not_yet.seconds, not_yet.until, not_yet.trying) == (0.0, NOW, True)
    assert blocks_of([pace(HOME, -5.0, open=False, probe=15.0)], NOW) == {}


def test_longest_block_of_the_marketplaces_asked_for() -> None:
    blocks = blocks_of([pace(HOME, 40.0), pace("amazon.de", 90.0), pace("amazon.fr", 200.0)], NOW)
    found = longest(blocks, (HOME, "amazon.de", "amazon.com"))
    assert found is not None
    assert found.marketplace == "amazon.de"
    assert longest(blocks, ("amazon.com",)) is None


def test_marketplaces_of_a_job_are_read_off_its_document() -> None:
    assert marketplaces_of({"marketplaces": [HOME, "amazon.de"], "request": {}}) == (HOME, "amazon.de")
    assert marketplaces_of({"request": {"keyword": "x", "marketplace": HOME}}) == (HOME,)
    assert marketplaces_of({"request": {"url": "https://www.amazon.de/s?k=tee"}}) == ("amazon.de",)
    assert marketplaces_of({"request": {"count": 3}}) == ()
    assert marketplaces_of({}) == ()
