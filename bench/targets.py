"""What a measured figure should come to, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One line of the table of targets; texts are as readers see them."""

    what: str
    wanted: str
    measured: str
    reached: bool


def at_least(what: str, measured: float, least: float, unit: str = "×") -> Target:
    return Target(what, f"≥ {figure(least)} {unit}", f"{figure(measured)} {unit}", measured >= least)


def at_most(what: str, measured: float, most: float, unit: str = "×") -> Target:
    return Target(what, f"≤ {figure(most)} {unit}", f"{figure(measured)} {unit}", measured <= most)


def figure(number: float) -> str:
    """Three figures that count, thousands apart: 1,234 · 56.7 · 8.9 · 0.123."""
    size = abs(number)
    if size >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if size >= 10 else f"{number:.2f}" if size >= 1 else f"{number:.3g}"
