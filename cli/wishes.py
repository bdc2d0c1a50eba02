"""What can be asked of a job of any kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.completing import one_of
from cli.errors import CliError
from cli.options import Tier, seconds


@dataclass(frozen=True)
class Wishes:
    """Only what is given is sent: the API knows the defaults."""

    target_margin: Annotated[
        float | None, typer.Option(help="Margin in percent that a resale must reach, 5 to 50.", show_default="10")
    ] = None
    japan_shipping: Annotated[int | None, typer.Option(min=0, help="Shipping within Japan, JPY.")] = None
    korea_shipping: Annotated[int | None, typer.Option(min=0, help="Shipping within Korea, KRW.")] = None
    packaging: Annotated[int | None, typer.Option(min=0, help="Packaging, KRW.")] = None
    tier: Tier = None
    max_age: Annotated[
        int | None, typer.Option(min=0, metavar="SECONDS", help="Take what was seen so recently without fetching it.")
    ] = None
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="End the job after so long at work: seconds, or 90s, 30m, 2h, 7d. Waiting and pauses do not count.",
            show_default="the API's own",
        ),
    ] = None
    analyze: Annotated[bool, typer.Option("--analyze/--no-analyze", help="Work out the resale margin.")] = True
    priority: Annotated[
        str | None,
        typer.Option(
            metavar="high|normal|low",
            help="Place among your own jobs.",
            autocompletion=one_of("high", "normal", "low"),
        ),
    ] = None
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A word to find the job by; may be given again.")
    ] = None
    min_success: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="Quality gate: so many of the items must succeed."),
    ] = None
    min_coverage: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=PERCENT", help="Quality gate: so many products must have it, e.g. price=90."),
    ] = None
    metadata: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Something of yours; may be given again.")
    ] = None

    def settings(self) -> dict[str, Any]:
        """The job's settings."""
        return given(
            {
                "target_margin": self.target_margin,
                "japan_shipping_jpy": self.japan_shipping,
                "korea_shipping_krw": self.korea_shipping,
                "packaging_krw": self.packaging,
                "shipping_tier": self.tier,
                "max_age_seconds": self.max_age,
                "time_limit_seconds": seconds("--time-limit", self.time_limit),
                "auto_analyze": None if self.analyze else False,
                "quality_gate": self._gate() or None,
            }
        )

    def body(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with all of it, as JSON."""
        own = {"priority": self.priority, "tags": self.tag or None, "metadata": self._pairs() or None}
        return given({**request, "settings": self.settings() or None, **own})

    def query(self, **more: Any) -> dict[str, Any]:
        """The same as query parameters, beside a list that is uploaded."""
        if wrong := [tag for tag in self.tag or () if "," in tag]:
            raise CliError(f"a tag of an uploaded list has no comma: {wrong[0]!r}")
        objects = {"metadata": self._pairs(), "quality_gate": self._gate()}
        own = {"priority": self.priority, "tags": ",".join(self.tag) if self.tag else None}
        as_json = {name: json.dumps(each, ensure_ascii=False) if each else None for name, each in objects.items()}
        return given({**more, **self.settings(), **own, **as_json})

    def _pairs(self) -> dict[str, str]:
        return _named("--metadata", "NAME=VALUE", self.metadata)

    def _gate(self) -> dict[str, Any]:
        shares = _named("--min-coverage", "FIELD=PERCENT", self.min_coverage)
        try:
            coverage = {field: float(share) for field, share in shares.items()}
        except ValueError as error:
            raise CliError("--min-coverage takes FIELD=PERCENT, for example price=90") from error
        return given({"min_success_rate": self.min_success, "min_coverage": coverage or None})


def _named(option: str, form: str, texts: list[str] | None) -> dict[str, str]:
    """What stands before and after the equals sign of each."""
    split = [text.partition("=") for text in texts or ()]
    if wrong := ["".join(parts) for parts in split if not parts[0] or not parts[1]]:
        raise CliError(f"{option} takes {form}, not {wrong[0]!r}")
    return {name: value for name, _, value in split}


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None."""
    return {name: value for name, value in fields.items() if value is not None}


def changes(fields: Mapping[str, Any], example: str) -> dict[str, Any]:
    """What is to be changed. Raises CliError that shows `example` when it is nothing."""
    found = given(fields)
    if not found:
        raise CliError("nothing to change", hint=example)
    return found
