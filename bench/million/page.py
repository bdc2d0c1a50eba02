"""The section of docs/performance.md on the largest job. Pure."""

from __future__ import annotations

from typing_extensions import TypedDict

from bench.growth.judge import judged
from bench.growth.result import Turn
from bench.growth.show import sizes
from bench.markdown import prose
from bench.plots import Plots
from bench.targets import Target

TITLE = "The largest job"


class Result(TypedDict):
    turns: list[Turn]


def targets(result: Result) -> list[Target]:
    return judged(result["turns"])


def render(result: Result, plots: Plots) -> str:
    largest = max(turn["items"] for turn in result["turns"])
    collectors = str(result["turns"][0]["collectors"])
    return prose("million", largest=f"{largest:,}", collectors=collectors, sizes=sizes(result["turns"], plots))
