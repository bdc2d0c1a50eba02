"""How much reading every field of a page costs over the least that reading anything off it would cost.

    python -m bench.parse                # on a page of the sample storefront of 1.5 MB
    python -m bench.parse page.html --url https://www.amazon.co.jp/dp/B07WXL5YPW

Compares, on one page, the full parse with a bare selectolax parse and 20 CSS selectors; both take turns, so that a
busy machine slows both. Then measures how late an event loop runs while a parser thread is never idle, against the
same loop without. Exits with 1 when the full parse takes over 1.5 times the bare one.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.render.product import render_product
from shared.amazon.pages import parse
from shared.html_source import parser_threads

PAGE_BYTES = 1_500_000
RUNS = 15
MOST_TIMES_BARE = 1.5
LOOP_SECONDS = 3.0
TICK_SECONDS = 0.001

# What a reader of product pages would ask for: ids, classes, attributes, descendants.
SELECTORS = (
    "#productTitle",
    "#corePriceDisplay_desktop_feature_div .a-price .a-offscreen",
    "#apex_desktop .a-price .a-offscreen",
    "#bylineInfo",
    "#acrPopover",
    "#acrCustomerReviewText",
    "#landingImage",
    "#feature-bullets li span.a-list-item",
    "#wayfinding-breadcrumbs_feature_div a",
    "#availability span",
    "#merchant-info",
    "#sellerProfileTriggerId",
    "#productDetails_techSpec_section_1 tr",
    "#productDetails_detailBullets_sections1 tr",
    "#detailBullets_feature_div li",
    "#productDescription p",
    "#aplus img",
    'input[name="ASIN"]',
    "#variation_color_name .selection",
    'link[rel="canonical"]',
)
# What most of a real page is: widgets with settings in their attributes (here 10 tags) and a third of script.
WIDGET = (
    b'<div class="a-section celwidget" data-csa-c-type="widget" data-csa-c-id="x1y2z3-a1b2c3-d4e5f6-a7b8c9" '
    b'data-a-carousel-options=\'{"ajax":{"params":{"asinMetadataKeys":"adId","featureId":"SimilaritiesCarousel",'
    b'"reftagPrefix":"pd_sbs","imageHeight":160,"faceoutArgs":"{}","auiDeviceType":"desktop","schemaVersion":2}}}\' '
    b'data-feature-name="similarities" data-marketplace="A1VC38T7YXB528" data-p13n-global=\'{"reportURL":"/x"}\'>'
    b'<div class="a-row a-spacing-small"><a class="a-link-normal a-text-normal" title="Help and more of it" '
    b'href="/gp/help/customer/display.html/ref=pd_sbs_1?ie=UTF8&nodeId=201909000&pd_rd_w=aaaaa&pf_rd_p=bbbb-cccc">'
    b'<span class="a-size-base a-color-base p13n-sc-truncate">Customers who looked at this looked at that too</span>'
    b'</a></div><script type="text/javascript">'
    + b'(function(f){if(window.P){P.when("A","jQuery").execute(function(A,$){A.on("a:update",function(){f(A,$)})})}})'
    b"(function(A,$){A.state('sims-carousel',{shown:4,total:28,page:1,pages:7})});" * 2 + b"</script></div>\n"
)


def bare(body: bytes) -> None:
    """Build the tree and ask the selectors for their text."""
    tree = LexborHTMLParser(body)
    for selector in SELECTORS:
        for node in tree.css(selector):
            node.text()


def interleaved(runs: int, *functions: Callable[[], object]) -> list[list[float]]:
    """Seconds of every run of each function, which take turns."""
    seconds: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    gc.collect()
    for _ in range(runs):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return seconds


async def lags(seconds: float) -> list[float]:
    """By how much each of many short sleeps on this loop overslept, in seconds."""
    found = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        await asyncio.sleep(TICK_SECONDS)
        found.append(time.perf_counter() - start - TICK_SECONDS)
    return found


async def lags_while_parsing(body: bytes, url: str, seconds: float) -> tuple[list[float], int]:
    """The same while a parser thread is never idle, and how many pages it parsed."""
    loop, pages, done = asyncio.get_running_loop(), 0, False
    with parser_threads(1) as executor:

        async def keep_busy() -> None:
            nonlocal pages
            while not done:
                await loop.run_in_executor(executor, lambda: parse(body, url=url))
                pages += 1

        busy = asyncio.create_task(keep_busy())
        found = await lags(seconds)
        done = True
        await busy
    return found, pages


def storefront_page(url: str) -> bytes:
    """A product page of the sample storefront, with as many tags and scripts to a kilobyte as real pages have."""
    body = render_product(facts_for("www.amazon.co.jp", url.rpartition("/")[2])).encode()
    end = body.rfind(b"</body")
    return body[:end] + WIDGET * ((PAGE_BYTES - len(body)) // len(WIDGET)) + body[end:]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:8.2f} ms"


def report_ratio(body: bytes, url: str) -> float:
    full, least = interleaved(RUNS, lambda: parse(body, url=url), lambda: bare(body))
    ratio = statistics.median(full) / statistics.median(least)
    print(f"page {len(body):,} bytes, {RUNS} runs of each in turns\n")
    print(f"{'':26}{'median':>11}{'fastest':>11}")
    for name, seconds in (("bare parse, 20 selectors", least), ("full parse", full)):
        print(f"{name:26}{milliseconds(statistics.median(seconds))}{milliseconds(min(seconds))}")
    print(f"{'ratio':26}{ratio:8.2f}    (at most {MOST_TIMES_BARE})\n")
    return ratio


async def report_lag(body: bytes, url: str) -> None:
    idle = await lags(LOOP_SECONDS)
    busy, pages = await lags_while_parsing(body, url, LOOP_SECONDS)
    print(f"lag of the event loop{'':5}{'median':>11}{'99 %':>11}{'longest':>11}")
    for name, found in (("idle", idle), ("while parsing", busy)):
        late = statistics.quantiles(found, n=100)[98]
        print(f"{name:26}{milliseconds(statistics.median(found))}{milliseconds(late)}{milliseconds(max(found))}")
    print(f"\n{pages} pages were parsed meanwhile")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "page", nargs="?", type=Path, help="a saved product page; one of the sample storefront if absent"
    )
    parser.add_argument("--url", default="https://www.amazon.co.jp/dp/B07WXL5YPW", help="the address it was saved from")
    given = parser.parse_args()
    body = given.page.read_bytes() if given.page else storefront_page(given.url)
    ratio = report_ratio(body, given.url)
    asyncio.run(report_lag(body, given.url))
    return int(ratio > MOST_TIMES_BARE)


if __name__ == "__main__":
    sys.exit(main())
