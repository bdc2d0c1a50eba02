"""Figures and foreign text as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cli.documents import Job, Product


def plain(value: Any) -> str:
    """`value` on one line, without the control characters that a page's text could smuggle into a terminal."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text).strip()


def duration(seconds: float | None) -> str:
    """4.2 s, 3 min 05 s, 2 h 10 min; empty when unknown."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def interval(seconds: float | None) -> str:
    """As a duration, with two digits that count where it is less than a second: 0.05 s."""
    return f"{seconds:.2g} s" if seconds is not None and 0 < seconds < 1 else duration(seconds)


def age(moment: str | None, now: datetime | None = None) -> str:
    """How long ago: 5s, 12m, 3h, 8d; empty when unknown."""
    if not moment:
        return ""
    seconds = max(0, ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:.0f}s"


def done_of(job: Job) -> str:
    """97/100; the total is a question mark until the source is resolved."""
    total = job.get("total_items")
    return f"{job['progress']}/{'?' if total is None else total}"


def subject(job: Job) -> str:
    """What the job is about, in a few words."""
    request = job.get("request") or {}
    if request.get("url"):
        return plain(request["url"])
    if request.get("keyword"):
        return f"“{plain(request['keyword'])}” {plain(request.get('marketplace'))}".strip()
    count = request.get("count") or job.get("total_items")
    return "" if count is None else "1 product" if count == 1 else f"{count} products"


def outcome(job: Job) -> str:
    """One sentence on how a job ended."""
    parts = [f"{job['success_count']} collected", f"{job['error_count']} failed"]
    if cancelled := job.get("cancelled_count"):
        parts.append(f"{cancelled} cancelled")
    sentence = f"{job['status']}: {', '.join(parts)}"
    if job.get("total_items") is not None:
        sentence += f", of {job['total_items']}"
    if took := duration(job.get("duration_seconds")):
        rate = job.get("items_per_second")
        sentence += f", in {took}" + (f" ({rate:.1f}/s)" if rate else "")
    reason = job.get("error_message") or (job.get("status_reason") if job["status"] == "FAILED" else None)
    return f"{sentence}: {plain(reason)}" if reason else sentence


def amount(value: float | str | None, unit: str | None = None) -> str:
    """2,480 JPY; empty without a value."""
    return "" if value is None else f"{Decimal(str(value)):,f} {unit or ''}".strip()


def money(product: Product) -> str:
    """The price of a product."""
    return amount(product.get("price"), product.get("currency"))


def percent(value: float | str | None) -> str:
    """+12.5 %, -8 %; empty without a value."""
    return "" if value is None else f"{Decimal(str(value)):+f} %"


def moment(iso: str | None) -> str:
    """2026-11-23 06:00 UTC."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if iso else ""


def sold_at(product: Product) -> str:
    """The price that its profit and margin are of: the user's own, else the recommended one; empty without analysis."""
    analysis = product.get("analysis") or {}
    return amount(analysis.get("selling_price_krw") or analysis.get("recommended_price_krw"))


def analysed(name: str) -> Callable[[Product], str]:
    """Reads an amount in KRW of the resale analysis; empty where it has none."""

    def read(product: Product) -> str:
        return amount((product.get("analysis") or {}).get(name))

    return read
