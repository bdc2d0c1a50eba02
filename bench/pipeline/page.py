"""The section of docs/performance.md on the pipeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.markdown import prose, table
from bench.pipeline.result import ANALYSING, INDEXED, LIMIT, OURS, Contest, Result, Row
from bench.plots import Bar, Plots
from bench.targets import Target, at_least, at_most, figure

__all__ = ["TITLE", "Result", "render", "targets"]

TITLE = "Pipeline"
ROLES = ("worker", "broker", "database", "submitter")
# At least so many times as fast as peers that store the same, by the beginning of their names.
TIMES = {"Celery chord": 5.0, "Celery counter": 4.0, "FastStream": 2.0, "taskiq": 2.0, "Dramatiq": 1.5}
TIMES_CHORD_UNSYNCED = 10.0
MOST_TIMES_LIMIT = 1.5


def targets(result: Result) -> list[Target]:
    """Against the fastest form of each peer that took part."""
    synced, unsynced = (_rows(result, synced=each) for each in (True, False))
    found = [
        at_least(f"storing, synced: times {row['name']}", _times(synced, row), least)
        for name, least in TIMES.items()
        if (row := _fastest(synced.values(), name, stores=True))
    ]
    if row := _fastest(unsynced.values(), "Celery chord", stores=True):
        found.append(at_least("storing, not synced: times Celery chord", _times(unsynced, row), TIMES_CHORD_UNSYNCED))
    confirming = [row for row in synced.values() if "confirms" in row["keeps"]]
    if row := _fastest(confirming, "Dramatiq", stores=False):
        found.append(at_least(f"storing, synced: times {row['name']}", _times(synced, row), 1.0))
    limits = {
        LIMIT: "CPU per item, over raw publish + consume + bulk write",
        INDEXED: "CPU per item, over the same with the indexes of what is written",
    }
    for name, what in limits.items():
        if name in synced:
            found.append(at_most(what, synced[OURS]["total_cpu_us"] / synced[name]["total_cpu_us"], MOST_TIMES_LIMIT))
    return found


def render(result: Result, plots: Plots) -> str:
    documents = ", ".join(f"`{name}` {size:,} B" for name, size in result["documents"].items())
    introduction = prose("pipeline", workers=str(result["workers"]), documents=documents)
    sections = [_contest(contest, plots) for contest in result["contests"]]
    return "\n\n".join([introduction, *sections, *_indexes(result), _losses(result)])


def _contest(contest: Contest, plots: Plots) -> str:
    synced = "synced" if contest["synced"] else "unsynced"
    title = "With fsync" if contest["synced"] else "Without fsync"
    says = (
        "what the database has acknowledged survives a kill"
        if contest["synced"]
        else "what the database has acknowledged may be lost when it is killed, for all alike"
    )
    rows = contest["rows"]
    speeds = [Bar(row["name"], row["items_per_second"], row["slowest"], row["fastest"], row["kind"]) for row in rows]
    cpu = {role: [row["cpu_us"].get(role, 0.0) for row in rows] for role in ROLES}
    return "\n\n".join(
        [
            f"### {title}\n\n{says.capitalize()}. {contest['items']:,} items a turn, {contest['rounds']} rounds.",
            _table(rows),
            plots.bars(f"{synced}-speed", f"{title}: speed", "items/s", speeds),
            plots.stacked(f"{synced}-cpu", f"{title}: CPU", "µs per item", [row["name"] for row in rows], cpu),
        ]
    )


def _table(rows: list[Row]) -> str:
    ours = _own(rows)
    head = ("", "items/s", "slowest – fastest", "Asinflow is", *(f"µs {role}" for role in ROLES), "µs CPU in all")
    lines = [
        (
            f"**{row['name']}**" if row["kind"] == "ours" else row["name"],
            figure(row["items_per_second"]),
            f"{figure(row['slowest'])} – {figure(row['fastest'])}",
            "–" if row is ours else f"{figure(ours['items_per_second'] / row['items_per_second'])} ×",
            *(figure(round(row["cpu_us"].get(role, 0.0))) for role in ROLES),
            figure(round(row["total_cpu_us"])),
            figure(round(row["worker_megabytes"])),
            figure(round(row["workers_megabytes"])),
            row["keeps"],
        )
        for row in rows
    ]
    return table((*head, "MB largest worker", "MB all workers", "guarantees"), lines)


def _indexes(result: Result) -> list[str]:
    rows = _rows(result, synced=True)
    if INDEXED not in rows:
        return []
    over = rows[OURS]["total_cpu_us"] / rows[INDEXED]["total_cpu_us"]
    return [prose("indexes", indexed=figure(rows[INDEXED]["total_cpu_us"]), over=figure(over))]


def _losses(result: Result) -> str:
    """Who is faster, or needs less CPU or memory, than Asinflow; and what its own analysis takes."""
    lines = [line for contest in result["contests"] for line in _ahead(contest)]
    lines += [*_leaner(result["contests"][0]["rows"]), *_beyond_the_limit(result)]
    told = "\n".join(lines) or "- Nobody is faster or needs less."
    return f"### Where others are ahead\n\n{told}"


def _ahead(contest: Contest) -> Iterator[str]:
    ours, where = _own(contest["rows"]), "with fsync" if contest["synced"] else "without fsync"
    for row in contest["rows"]:
        times = row["items_per_second"] / ours["items_per_second"]
        share = row["total_cpu_us"] / ours["total_cpu_us"]
        if row["name"] == ANALYSING:
            yield f"- With profit analysis, which is the default, Asinflow itself is {figure(times)} × as fast {where}."
        elif row["kind"] == "peer" and times > 1:
            yield f"- {row['name']} is {figure(times)} × as fast {where} ({row['keeps']})."
        elif row["kind"] == "peer" and share < 1:
            yield f"- {row['name']} is slower but takes {share:.0%} of the CPU {where}."


def _leaner(rows: list[Row]) -> list[str]:
    ours = _own(rows)
    found = [row["name"] for row in rows if row["kind"] == "peer" and row["stores"]]
    sizes = {row["name"]: row["workers_megabytes"] for row in rows if row["name"] in found}
    smaller = [f"{name} ({size:.0f} MB)" for name, size in sizes.items() if size < ours["workers_megabytes"]]
    if not smaller:
        return []
    own = f"{ours['workers_megabytes']:.0f} MB"
    return [f"- All workers together take less memory than Asinflow's ({own}): {', '.join(smaller)}."]


def _beyond_the_limit(result: Result) -> list[str]:
    """A target that the raw limit itself does not come to."""
    rows = _rows(result, synced=False)
    chord = _fastest(rows.values(), "Celery chord", stores=True)
    if chord is None or LIMIT not in rows:
        return []
    times = rows[LIMIT]["items_per_second"] / chord["items_per_second"]
    if times >= TIMES_CHORD_UNSYNCED:
        return []
    wanted = f"{figure(TIMES_CHORD_UNSYNCED)} × as fast as Celery chord without fsync"
    return [f"- {wanted} is more than the raw limit itself, which only passes on and writes ({figure(times)} ×)."]


def _own(rows: Iterable[Row]) -> Row:
    """Asinflow as it is compared."""
    return next(row for row in rows if row["name"] == OURS)


def _rows(result: Result, *, synced: bool) -> dict[str, Row]:
    return {
        row["name"]: row for contest in result["contests"] if contest["synced"] == synced for row in contest["rows"]
    }


def _fastest(rows: Iterable[Row], name: str, *, stores: bool) -> Row | None:
    """Of the forms that a peer has."""
    found = [row for row in rows if row["name"].startswith(name) and row["stores"] == stores and row["kind"] == "peer"]
    return max(found, key=lambda row: row["items_per_second"], default=None)


def _times(rows: dict[str, Row], other: Row) -> float:
    return rows[OURS]["items_per_second"] / other["items_per_second"]
