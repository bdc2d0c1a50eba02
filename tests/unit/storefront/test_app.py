"""The application behind its HTTP interface, without a network."""

import gzip
import time

import brotli
import httpx
import pytest

from deploy.local.storefront.app import Storefront
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.listings import organic_asins
from deploy.local.storefront.pagecache import Encoding, PageCache, accepted_encoding
from deploy.local.storefront.pages import World
from deploy.local.storefront.requestlog import Entry, RequestLog

ASIN = "B07WXL5YPW"


@pytest.fixture
async def open_shop():
    shops = []

    def opened(world=None):
        app = Storefront(world or World(page_bytes=0))
        shops.append(app)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")

    yield opened
    for app in shops:
        app.close()


@pytest.fixture
async def shop(open_shop):
    async with open_shop() as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [f"/dp/{ASIN}", f"/gp/product/{ASIN}?th=1", f"/exec/obidos/ASIN/{ASIN}/", f"/slug/dp/{ASIN}/ref=sr_1"],
)
async def test_product_addresses_show_the_product(shop, path):
    answer = await shop.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html;charset=UTF-8"
    assert facts_for("amazon.co.jp", ASIN).title in answer.text


async def test_the_language_prefix_shows_the_page_in_english(shop):
    answer = await shop.get(f"/-/en/dp/{ASIN}")

    assert 'lang="en"' in answer.text
    assert "￥" in answer.text


@pytest.mark.parametrize("asin", ["B0404ABCDE", "B0404X", "X07WXL5YPW"])
async def test_missing_products_answer_not_found(shop, asin):
    answer = await shop.get(f"/dp/{asin}")

    assert (answer.status_code, "ページが見つかりません" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ({"x-forwarded-host": "www.amazon.de"}, "amazon.de"),
        ({"host": "amazon.com"}, "amazon.com"),
        ({"x-forwarded-host": "www.amazon.de", "host": "amazon.com"}, "amazon.de"),
        ({"x-forwarded-host": "shop.example", "host": "amazon.com"}, "amazon.com"),
        ({}, "amazon.co.jp"),
    ],
)
async def test_the_marketplace_is_taken_from_the_headers(shop, headers, host):
    answer = await shop.get(f"/dp/{ASIN}", headers=headers)

    assert f'canonical" href="https://www.{host}/' in answer.text
    log = (await shop.get("/__storefront__/requests")).json()
    assert log[0]["host"] == host


@pytest.mark.parametrize(
    ("path", "kind", "key"),
    [
        ("/s?k=usb+c", "search", "usb c"),
        ("/s?rh=n%3A77", "category", "77"),
        ("/b?node=77", "category", "77"),
        ("/gp/browse.html?node=77", "category", "77"),
        ("/gp/bestsellers/toys", "bestsellers", "toys"),
        ("/Toys/zgbs/toys", "bestsellers", "toys"),
    ],
)
async def test_list_addresses_show_their_products(shop, path, kind, key):
    answer = await shop.get(path)

    assert answer.status_code == 200
    places = [answer.text.find(f'"{asin}"') for asin in organic_asins("amazon.co.jp", kind, key, 1)[:30]]
    assert -1 not in places


async def test_other_addresses_get_a_friendly_not_found(shop):
    answer = await shop.get("/gp/help/customer", headers={"x-forwarded-host": "www.amazon.de"})

    assert answer.status_code == 404
    assert "Zur Amazon-Startseite" in answer.text


async def test_robots_and_front_page_are_served(shop):
    robots, front = await shop.get("/robots.txt"), await shop.get("/")

    assert robots.text.startswith("User-agent: *")
    assert (front.status_code, "data-client-recs-list" in front.text) == (200, True)


async def test_the_world_sets_products_weight_and_seed(open_shop):
    async with open_shop(World(page_bytes=200_000, products=3, seed=5)) as client:
        found, product = await client.get("/s?k=x"), await client.get(f"/dp/{ASIN}")

    assert found.text.count('data-component-type="s-search-result"') >= 3
    assert len(product.content) >= 200_000
    assert facts_for("amazon.co.jp", ASIN, seed=5).title in product.text


async def test_saved_pages_win_over_generated_ones(open_shop, tmp_path):
    (tmp_path / f"jp_{ASIN}_switch_2022.html").write_text("<title>saved</title>")
    async with open_shop(World(page_bytes=0, pages=tmp_path)) as client:
        saved, generated = await client.get(f"/dp/{ASIN}"), await client.get("/dp/B07WXL5YPX")

    assert saved.text == "<title>saved</title>"
    assert generated.status_code == 200


@pytest.mark.parametrize(
    ("accept", "encoding", "decode"),
    [("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("identity", None, bytes)],
)
async def test_answers_are_compressed_as_accepted(shop, accept, encoding, decode):
    async with shop.stream("GET", f"/dp/{ASIN}", headers={"accept-encoding": accept}) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == encoding
    assert decode(body).startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("br;q=0, gzip;q=0.5", Encoding.GZIP),
        ("*", Encoding.GZIP),
        ("", Encoding.IDENTITY),
        ("deflate, zstd", Encoding.IDENTITY),
        ("GZIP, BR;q=1.0", Encoding.BROTLI),
    ],
)
def test_the_best_accepted_encoding_is_chosen(header, encoding):
    assert accepted_encoding(header) == encoding


@pytest.mark.parametrize(
    ("kind", "status", "sign"),
    [
        ("404", 404, "Page Not Found"),
        ("429", 429, "Too Many Requests"),
        ("503", 503, "Dogs of Amazon"),
        ("captcha", 200, 'id="captchacharacters"'),
        ("continue", 200, "Click the button below to continue shopping"),
    ],
)
async def test_page_faults_look_like_amazons(shop, kind, status, sign):
    installed = await shop.put("/__storefront__/faults", json={kind: 1, "retry_after": 2})
    answer = await shop.get(f"/dp/{ASIN}", headers={"host": "www.amazon.com"})

    assert installed.status_code == 200
    assert (answer.status_code, sign in answer.text) == (status, True)
    assert answer.headers.get("retry-after") == ("2" if kind in {"429", "503"} else None)
    assert (await shop.get("/__storefront__/requests")).json()[0]["status"] == status


async def test_slow_answers_arrive_late_but_whole(shop):
    await shop.put("/__storefront__/faults", json={"slow": 1, "slow_seconds": 0.2})

    began = time.monotonic()
    answer = await shop.get(f"/dp/{ASIN}")

    assert time.monotonic() - began >= 0.2
    assert answer.text.endswith("</html>")


async def test_the_plan_is_shown_and_cleared(shop):
    await shop.put("/__storefront__/faults", json={"503": 0.5, "hosts": ["amazon.de"]})
    shown = (await shop.get("/__storefront__/faults")).json()
    cleared = await shop.delete("/__storefront__/faults")

    assert (shown["503"], shown["hosts"]) == (0.5, ["amazon.de"])
    assert cleared.status_code == 204
    assert (await shop.get("/__storefront__/faults")).json()["503"] == 0


async def test_a_bad_plan_is_refused_and_the_old_one_kept(shop):
    await shop.put("/__storefront__/faults", json={"503": 0.5})
    answer = await shop.put("/__storefront__/faults", json={"colour": 1})

    assert answer.status_code == 422
    assert "colour" in answer.json()["error"]
    assert (await shop.get("/__storefront__/faults")).json()["503"] == 0.5


async def test_the_log_holds_marketplace_requests_alone(shop):
    before = time.time()
    for path in (f"/dp/{ASIN}?th=1", "/healthz", "/dp/B0404ABCDE", "/__storefront__/faults", "/robots.txt"):
        await shop.get(path)

    log = (await shop.get("/__storefront__/requests")).json()

    assert [(entry["path"], entry["status"]) for entry in log] == [
        (f"/dp/{ASIN}?th=1", 200),
        ("/dp/B0404ABCDE", 404),
        ("/robots.txt", 200),
    ]
    assert all(before <= entry["time"] <= time.time() for entry in log)
    assert (await shop.delete("/__storefront__/requests")).status_code == 204
    assert (await shop.get("/__storefront__/requests")).json() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/__storefront__/faults", 405),
        ("PUT", "/__storefront__/requests", 405),
        ("GET", "/__storefront__/other", 404),
        ("POST", f"/dp/{ASIN}", 405),
        ("GET", "/healthz", 200),
    ],
)
async def test_wrong_methods_and_paths_are_told_so(shop, method, path, status):
    assert (await shop.request(method, path)).status_code == status


def test_the_log_is_bounded_and_in_order_of_arrival():
    log = RequestLog(limit=3)
    for moment in (1.0, 3.0, 2.0, 4.0):
        log.add(Entry(moment, "amazon.com", "/", 200))

    assert [entry.time for entry in log.entries()] == [2.0, 3.0, 4.0]


async def test_the_cache_renders_once_and_stays_in_its_limit():
    cache = PageCache(limit_bytes=250)
    rendered = []

    def page(name):
        return lambda: rendered.append(name) or b"x" * 100

    for name in ("a", "b", "a", "c", "a", "b"):
        await cache.get(name, Encoding.IDENTITY, page(name))
    cache.close()

    assert rendered == ["a", "b", "c", "b"]
