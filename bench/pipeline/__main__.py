"""python -m bench.pipeline [--items N] [--rounds N] [--no-fsync] [--only NAME …]"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench.pipeline.contest import Entrant, summary, take_turns
from bench.pipeline.limit import limit
from bench.pipeline.ours import ours
from bench.pipeline.peers import PEERS
from bench.servers import servers


def entrants() -> list[Entrant]:
    storing = [peer.entrant(stores=True) for peer in PEERS]
    without = [peer.entrant(stores=False) for peer in PEERS]
    return [ours(), *storing, *without, limit()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--no-fsync", action="store_true", help="acknowledged writes may be lost when the database dies"
    )
    parser.add_argument("--only", nargs="*", help="entrants by the beginning of their names")
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    options = parser.parse_args()
    chosen = [e for e in entrants() if not options.only or any(e.name.startswith(name) for name in options.only)]
    with servers(fsync=not options.no_fsync, redis=True) as running:
        turns = take_turns(chosen, running, options.items, options.rounds, print)
    rows = summary(chosen, turns)
    for row in rows:
        speed, cpu, memory = row["items_per_second"], row["total_cpu_us"], row["worker_megabytes"]
        print(f"{row['name']:<34}{speed:8,.0f}/s {cpu:7,.0f} µs  {memory:.0f} MB")
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
