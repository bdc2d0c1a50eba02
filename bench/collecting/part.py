"""Pages per core-second: Asinflow's collector, Scrapy, and the bare loop take turns on the same pages."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from bench.collecting.agreement import agreement
from bench.collecting.contest import Contestant, bare, collector, fresh_asins, scrapy, shop
from bench.collecting.memory import memory
from bench.collecting.pages import ENCODINGS, PAGES, sent_bytes
from bench.collecting.result import BARE, OURS, SCRAPY, Encoding, Result, Row, Turn
from bench.meter import Meter
from bench.parse.pages import PAGE_BYTES
from bench.servers import servers


def measure(quick: bool, run: Path) -> Result:
    """Every turn, the medians, the two ratios, and the memory of a page in flight."""
    pages, rounds = (63, 2) if quick else (168, 5)
    with servers(fsync=True, logs=run) as running, shop(running) as (address, encode):
        with collector(running, address) as ours, scrapy(running, address) as peer, bare(running, address) as least:
            for contestant in (ours, peer, least):
                contestant.collect(fresh_asins(PAGES))
            # The closest two are compared most finely: they take two turns a round.
            contestants = (ours, least, peer) if quick else (ours, least, peer, ours, least)
            alike = agreement(running.endpoints["MONGO_URL"])
            turns = []
            for number in range(rounds):
                for encoding in ENCODINGS:
                    encode(encoding)
                    turns += [_turn(each, number, encoding, pages) for each in _in_turn(contestants, number)]
        remembered = memory(running, address, (1, 16, 32) if quick else (1, 4, 8, 16, 32))
    return {
        "page_bytes": PAGE_BYTES,
        "bytes_sent": {encoding: sent_bytes(encoding) for encoding in ENCODINGS},
        "pages_a_turn": pages,
        "rounds": rounds,
        "fields_alike": alike,
        "encodings": {each: _summary([turn for turn in turns if turn["encoding"] == each]) for each in ENCODINGS},
        "memory": remembered,
        "turns": turns,
    }


def _in_turn(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Whoever began the last round comes last in this one."""
    first = number % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def _turn(contestant: Contestant, number: int, encoding: str, pages: int) -> Turn:
    meter = Meter({"worker": [contestant.pid]})
    asins = fresh_asins(pages)
    before, started = meter.cpu_seconds()["worker"], time.perf_counter()
    contestant.collect(asins)
    seconds, cpu = time.perf_counter() - started, meter.cpu_seconds()["worker"] - before
    return {
        "round": number,
        "name": contestant.name,
        "encoding": encoding,
        "pages": pages,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "pages_per_core_second": pages / cpu,
    }


def _summary(turns: Sequence[Turn]) -> Encoding:
    rows = {name: _row([turn for turn in turns if turn["name"] == name]) for name in (OURS, SCRAPY, BARE)}
    speed = {name: row["pages_per_core_second"] for name, row in rows.items()}
    return {"rows": rows, "times_scrapy": speed[OURS] / speed[SCRAPY], "share_of_bare": speed[OURS] / speed[BARE]}


def _row(turns: Sequence[Turn]) -> Row:
    speeds = [turn["pages_per_core_second"] for turn in turns]
    return {
        "pages_per_core_second": statistics.median(speeds),
        "slowest": min(speeds),
        "fastest": max(speeds),
        "cpu_milliseconds_a_page": 1000 / statistics.median(speeds),
        "pages_per_second": statistics.median(turn["pages"] / turn["seconds"] for turn in turns),
    }
