"""The section of docs/performance.md on collecting. Pure."""

from __future__ import annotations

from bench.collecting.result import BARE, OURS, SCRAPY, Encoding, Memory, Result
from bench.markdown import table
from bench.plots import Bar, Plots
from bench.targets import Target, at_least, figure

__all__ = ["TITLE", "Result", "render", "targets"]

TITLE = "Collecting pages"
KINDS = {OURS: "ours", SCRAPY: "peer", BARE: "limit"}
LEAST_TIMES_SCRAPY = 2.0
LEAST_SHARE_OF_BARE = 0.85


def targets(result: Result) -> list[Target]:
    found = []
    for name, each in result["encodings"].items():
        what = f"pages per core-second, {name}"
        found.append(at_least(f"{what}: times Scrapy", each["times_scrapy"], LEAST_TIMES_SCRAPY))
        share = 100 * each["share_of_bare"]
        found.append(at_least(f"{what}: of the bare fetch and parse", share, 100 * LEAST_SHARE_OF_BARE, "%"))
    return found


def render(result: Result, plots: Plots) -> str:
    introduction = (
        f"Product pages of {result['page_bytes'] / 1e6:.1f} MB from the sample storefront's renderer, the pace off, "
        f"{result['pages_a_turn']} pages a turn, {result['rounds']} rounds, in which, unless "
        "measured quickly, Asinflow and the bare loop take two turns each. Counted is the CPU time of the collecting "
        "process alone, from a page's address to its stored product. Asinflow's collector is fed over RabbitMQ; "
        "it stores product, observation, price point, analysis and outcome, and tells of them. Scrapy (16 requests at "
        "once, no throttle, no cookies, no retries, uvloop) stores a document per page through an item pipeline. The "
        "bare loop fetches with httpx and reads with Asinflow's parser, and stores nothing. Scrapy and Asinflow read "
        f"{result['fields_alike']:.1%} of the compared fields alike."
    )
    sections = [_encoding(name, each, result["bytes_sent"][name], plots) for name, each in result["encodings"].items()]
    return "\n\n".join([introduction, *sections, _memory(result["memory"], plots)])


def _encoding(name: str, found: Encoding, sent: float, plots: Plots) -> str:
    rows = {each: found["rows"][each] for each in KINDS}
    bars = [
        Bar(each, row["pages_per_core_second"], row["slowest"], row["fastest"], KINDS[each])
        for each, row in rows.items()
    ]
    lines = [
        (
            each,
            figure(row["pages_per_core_second"]),
            f"{figure(row['slowest'])} – {figure(row['fastest'])}",
            figure(row["cpu_milliseconds_a_page"]),
            figure(row["pages_per_second"]),
        )
        for each, row in rows.items()
    ]
    head = ("", "pages per core-second", "slowest – fastest", "CPU ms a page", "pages/s")
    return (
        f"### {name}, {sent / 1e3:.0f} kB on the way\n\n{table(head, lines)}\n\n"
        f"Asinflow does {found['times_scrapy']:.2f} × as many pages per core-second as Scrapy, and "
        f"{found['share_of_bare']:.0%} of the bare loop's.\n\n"
        f"{plots.bars(name, f'Pages of 1.5 MB, {name}', 'pages per core-second', bars)}"
    )


def _memory(found: Memory, plots: Plots) -> str:
    rows = [(str(row["in_flight"]), figure(row["peak_megabytes"])) for row in found["rows"]]
    points = {"peak": [(float(row["in_flight"]), row["peak_megabytes"]) for row in found["rows"]]}
    return (
        "### Memory of a page in flight\n\n"
        f"A page under way costs the collector **{found['megabytes_per_page_in_flight']:.1f} MB** (slope of its peak; "
        f"idle it takes {found['idle_megabytes']:.0f} MB).\n\n{table(('in flight', 'MB at the peak'), rows)}\n\n"
        f"{plots.lines('memory', 'Memory of a collector', 'pages in flight', 'MB at the peak', points)}"
    )
