"""`python -m bench.dashboard`: prints when a large job's page is on the screen, and what open tabs cost the API.

Exits 1 when a page of the large job first paints after a second, or a tab costs the API more than 5 % of a core.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from playwright.async_api import Browser, Page, async_playwright

from bench.dashboard.store import RUNNING_ITEMS, USER, fill
from bench.meter import Meter
from bench.servers import Servers, servers
from deploy.local import browser
from deploy.local.access import secret_of
from shared.auth import SCOPES, issue_token
from shared.broker import Broker
from shared.jobs import JobStatus
from shared.messages import JobProgressed
from shared.mongo import connect
from shared.outgoing import event

PAINT_SECONDS = 1.0
TAB_SHARE = 0.05
EVENTS_PER_SECOND = 50
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="for which each tab is open")
    parser.add_argument("--rounds", type=int, default=5, help="how often the page is opened")
    asked = parser.parse_args()
    with servers(fsync=False, api=True) as running:
        return asyncio.run(measure(running, asked))


async def measure(running: Servers, asked: argparse.Namespace) -> int:
    url, token = running.endpoints["API_URL"], issue_token(secret_of(running.folder), USER, SCOPES)
    async with connect(running.endpoints["MONGO_URL"], "asinflow", app="bench") as database:
        large, jobs = await fill(database, items=asked.items, running=asked.jobs)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(browser.PATH), args=["--no-sandbox"])
        paints = [await paint(chromium, url, token, f"#/jobs/{large}") for _ in range(asked.rounds)]
        first, rows = (statistics.median(each) for each in zip(*paints, strict=True))
        print(f"job page of {asked.items:,} items: first paint {first:.2f} s, first items {rows:.2f} s (medians)")
        shares = await tabs(chromium, running, token, jobs, asked.seconds)
        await chromium.close()
    return int(first > PAINT_SECONDS or max(shares) > TAB_SHARE)


@contextlib.asynccontextmanager
async def page_at(chromium: Browser, address: str, token: str) -> AsyncIterator[Page]:
    """A tab of its own, nothing in its caches, signed in."""
    context = await chromium.new_context(viewport={"width": 1200, "height": 900}, locale="en-US")
    page = await context.new_page()
    await page.add_init_script(f"sessionStorage.setItem('asinflow.token', '{token}')")
    await page.goto(address)
    yield page
    await context.close()


async def paint(chromium: Browser, url: str, token: str, view: str) -> tuple[float, float]:
    """Seconds from the request of the page to the first paint, and to the first item."""
    async with page_at(chromium, f"{url}/{view}", token) as page:
        await page.wait_for_selector(".item-row.virtual-row")
        rows = await page.evaluate("performance.now() / 1000")
        return float(await page.evaluate(FIRST_PAINT)), float(rows)


async def tabs(chromium: Browser, running: Servers, token: str, jobs: Sequence[str], seconds: float) -> list[float]:
    """Shares of a core that the API takes for each kind of tab beyond what it takes without; prints them."""
    meter = Meter({"api": [running.pids["api"]]})
    url = running.endpoints["API_URL"]
    async with Broker(running.endpoints["AMQP_URL"], "bench") as broker:
        await broker.wait_connected()
        telling = asyncio.create_task(tell(broker, jobs))
        alone = await spent(meter, seconds)
        print(f"API beside {len(jobs):,} running jobs, no tab: {alone:.1%} of a core ({seconds:.0f} s)")
        shares = []
        for name, view in {"jobs": "#/jobs", "overview": "#/", "one job": f"#/jobs/{jobs[0]}"}.items():
            async with page_at(chromium, f"{url}/{view}", token) as page:
                await page.wait_for_selector(".bar")
                await asyncio.sleep(2)  # what opening costs is not what an open tab costs
                shares.append(await spent(meter, seconds) - alone)
            print(f"  a tab on {name}: {shares[-1]:+.1%} of a core")
        telling.cancel()
    return shares


async def spent(meter: Meter, seconds: float) -> float:
    before = meter.cpu_seconds()["api"]
    await asyncio.sleep(seconds)
    return (meter.cpu_seconds()["api"] - before) / seconds


async def tell(broker: Broker, jobs: Sequence[str]) -> None:
    """Every job moves on by turns, the first one twice a second besides, as the aggregator would tell."""
    half = RUNNING_ITEMS // 2
    for n in range(1_000_000):
        moved = [jobs[n % len(jobs)], *([jobs[0]] if n % (EVENTS_PER_SECOND // 2) == 0 else [])]
        await broker.publish([event(progressed(job_id, half + n % half, rev=n + 2)) for job_id in moved])
        await asyncio.sleep(1 / EVENTS_PER_SECOND)


def progressed(job_id: str, progress: int, rev: int) -> JobProgressed:
    counts = {"total_items": RUNNING_ITEMS, "progress": progress, "success_count": progress, "error_count": 0}
    state = {"run": 1, "rev": rev, "status": JobStatus.PROCESSING, "user_id": USER, "at": datetime.now(UTC)}
    return JobProgressed.model_validate({"job_id": job_id, **counts, **state})


if __name__ == "__main__":
    sys.exit(main())
