"""python -m bench.pipeline [--items N] [--rounds N] [--no-fsync] [--only NAME …]: a contest of one's own choice."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from bench.pipeline.limit import LIMITS, limit
from bench.pipeline.ours import ours
from bench.pipeline.part import contest
from bench.pipeline.peers import PEERS
from bench.pipeline.sample import sample
from bench.servers import servers


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
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(fsync=not options.no_fsync, redis=True) as running,
    ):
        sampled = Path(folder) / "sample.bson"
        peers = [peer.entrant(stores=stores) for stores in (True, False) for peer in PEERS]
        everyone = [ours(), *peers, *(limit(one, sampled) for one in LIMITS)]
        chosen = [e for e in everyone if not options.only or any(e.name.startswith(name) for name in options.only)]
        if any(entrant.kind == "limit" for entrant in chosen):
            sample(running).save(sampled)
        result = contest(running, chosen, options.items, options.rounds, synced=not options.no_fsync)
    for row in result["rows"]:
        speed, cpu, memory = row["items_per_second"], row["total_cpu_us"], row["worker_megabytes"]
        print(f"{row['name']:<38}{speed:8,.0f}/s {cpu:7,.0f} µs  {memory:.0f} MB")
    if options.output:
        options.output.write_text(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
