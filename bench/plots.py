"""Plots as SVG files that look the same whenever they are drawn, and can be read on light and on dark ground."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bench.targets import figure

# Stands for the colour of text, which follows the reader's light or dark.
_INK = "#010203"
_STYLE = "svg{color:#1f2328}@media (prefers-color-scheme:dark){svg{color:#e6edf3}}"
_FACES = ("#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#8b5cf6", "#a16207", "#ec4899", "#8b949e")
_OURS, _OTHER, _LIMIT = "#3b82f6", "#8b949e", "#10b981"
KINDS = {"ours": _OURS, "peer": _OTHER, "limit": _LIMIT}
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "asinflow",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": "#8b949e",
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
Point = tuple[float, float]


@dataclass(frozen=True)
class Bar:
    """`low` and `high` tell the spread; `kind` is ours, peer or limit."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "peer"


class Plots:
    """Draws the plots of one part into `folder`; every method returns the Markdown that shows the plot."""

    def __init__(self, folder: Path, part: str) -> None:
        self._folder, self._part = folder, part

    def bars(self, name: str, title: str, unit: str, bars: Sequence[Bar]) -> str:
        """Lying bars, the first on top, each with its value."""
        with matplotlib.rc_context(_SETTINGS):
            drawn, axes = _lying(len(bars))
            places = range(len(bars))
            faces = [KINDS[bar.kind] for bar in bars]
            spread = [[_less(bar.value, bar.low) for bar in bars], [_less(bar.high, bar.value) for bar in bars]]
            axes.barh(places, [bar.value for bar in bars], color=faces, xerr=spread, ecolor=_INK, error_kw={"lw": 0.8})
            reach = max((bar.high or bar.value for bar in bars), default=1.0)
            for place, bar in zip(places, bars, strict=True):
                axes.text((bar.high or bar.value) + reach * 0.01, place, figure(bar.value), va="center")
            axes.set_xlim(0, reach * 1.12)
            _label(axes, [bar.label for bar in bars], title, unit)
            return self._kept(drawn, name, title)

    def stacked(
        self, name: str, title: str, unit: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]
    ) -> str:
        """Lying bars made of the series, one bar per label."""
        with matplotlib.rc_context(_SETTINGS):
            drawn, axes = _lying(len(labels) + 1)
            left = [0.0] * len(labels)
            for face, (part, values) in zip(_FACES, series.items(), strict=False):
                axes.barh(range(len(labels)), values, left=left, color=face, label=part)
                left = [start + value for start, value in zip(left, values, strict=True)]
            drawn.legend(ncols=len(series), loc="outside lower center")
            _label(axes, labels, title, unit)
            return self._kept(drawn, name, title)

    def lines(
        self,
        name: str,
        title: str,
        x_label: str,
        y_label: str,
        series: Mapping[str, Sequence[Point]],
        *,
        log_x: bool = False,
    ) -> str:
        """A line with its points for each of the series, from zero upwards."""
        with matplotlib.rc_context(_SETTINGS):
            drawn = Figure(figsize=(7.5, 3.4), layout="constrained")
            axes = drawn.add_subplot()
            for face, (label, points) in zip(_FACES * 2, series.items(), strict=False):
                axes.plot([x for x, _ in points], [y for _, y in points], marker="o", ms=4, color=face, label=label)
            if log_x:
                axes.set_xscale("log")
            else:
                axes.set_xticks(sorted({x for points in series.values() for x, _ in points}))
            axes.set_ylim(bottom=0)
            axes.grid(visible=True)
            axes.set(title=title, xlabel=x_label, ylabel=y_label)
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
            return self._kept(drawn, name, title)

    def _kept(self, drawn: Figure, name: str, title: str) -> str:
        file = f"{self._part}-{name}.svg"
        written = io.StringIO()
        FigureCanvasSVG(drawn).print_svg(written, metadata={"Date": None, "Creator": None})
        svg = written.getvalue().replace(_INK, "currentColor")
        svg = svg.replace('<style type="text/css">', f'<style type="text/css">{_STYLE}', 1)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / file).write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")
        return f"![{title}]({self._folder.name}/{file})"


def _lying(bars: int) -> tuple[Figure, Any]:
    drawn = Figure(figsize=(7.5, 0.9 + 0.27 * bars), layout="constrained")
    return drawn, drawn.add_subplot()


def _label(axes: Any, labels: Sequence[str], title: str, unit: str) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set(title=title, xlabel=unit)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)


def _less(one: float | None, other: float | None) -> float:
    return 0.0 if one is None or other is None else max(0.0, one - other)
