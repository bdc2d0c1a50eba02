"""What is neither a product nor a listing, and what to do about it."""

import pytest

from shared.amazon.pages import parse

URL = "https://www.amazon.co.jp/dp/B07WXL5YPW"
ROBOT_COMMENT = "<!-- To discuss automated access to Amazon data please contact api-services-support@amazon.com. -->"


@pytest.mark.parametrize(
    ("body", "kind", "reason", "advice"),
    [
        ("<title>Robot Check</title>" + ROBOT_COMMENT, "blocked", "robot_check", "slow_down"),
        (
            '<form action="/errors/validateCaptcha"><img src="https://images-na.ssl-images-amazon.com/captcha/x/Captcha_y.jpg">'
            '<input id="captchacharacters"></form>' + ROBOT_COMMENT,
            "blocked",
            "captcha",
            "slow_down",
        ),
        (
            '<form action="/errors/validateCaptcha"><button>ショッピングを続ける</button></form>' + ROBOT_COMMENT,
            "blocked",
            "continue_shopping",
            "slow_down",
        ),
        (
            "<title></title><script>window.gokuProps = {}</script><div id='challenge-container'></div>",
            "blocked",
            "waf_challenge",
            "slow_down",
        ),
        (
            '<title>Sorry! Something went wrong!</title><a href="/ref=cs_503_link">x</a>' + ROBOT_COMMENT,
            "unavailable",
            "service_unavailable",
            "slow_down",
        ),
        (
            "<title>503 - Service Unavailable Error</title>" + ROBOT_COMMENT,
            "unavailable",
            "service_unavailable",
            "slow_down",
        ),
        (
            '<title>Page Not Found</title><a href="/ref=cs_404_link">amazon</a>' + ROBOT_COMMENT,
            "not_found",
            "not_found",
            "final",
        ),
        ('<img src="https://m.media-amazon.com/images/G/01/error/title._TTD_.png">', "not_found", "not_found", "final"),
        ("<title>ページが見つかりません</title>", "not_found", "not_found", "final"),
        ('<title>Challenge Page</title><div id="aa-challenge-page-x"></div>', "blocked", "captcha", "slow_down"),
        ('<title>Amazon</title><div id="aacb-captcha-header">Puzzle</div>', "blocked", "captcha", "slow_down"),
        ('<title>年齢確認</title><form action="/black-curtain/save"></form>', "blocked", "age_check", "final"),
        ("<title>Nie można odnaleźć strony</title>", "not_found", "not_found", "final"),
        ("<title>Toutes nos excuses</title>", "unavailable", "service_unavailable", "slow_down"),
        ("<title>ご迷惑をおかけしています!</title>", "unavailable", "service_unavailable", "slow_down"),
        ("<title>ERROR: The request could not be satisfied</title>", "blocked", "forbidden", "slow_down"),
        ("<h1>Too Many Requests</h1>", "blocked", "throttled", "slow_down"),
        ("<p>configured to block access from your country</p>", "blocked", "geo_block", "final"),
        (
            '<title>Amazon サインイン</title><form name="signIn" action="/ap/signin?x=1"></form>',
            "blocked",
            "sign_in",
            "retry",
        ),
        ("<title>Welcome</title><p>Another shop</p>", "unknown", "other_site", "final"),
        ('<title>Amazon</title><div id="nav-logo"></div><p>New page</p>', "unknown", "changed_layout", "final"),
    ],
)
def test_page_that_is_only_a_message_is_recognised(body: str, kind: str, reason: str, advice: str) -> None:
    page = parse(f"<html>{body}</html>".encode(), url=URL)
    assert (kind, reason, advice) == (page.kind, page.reason, page.advice)


@pytest.mark.parametrize(
    ("status", "kind", "reason", "advice"),
    [
        (404, "not_found", "not_found", "final"),
        (410, "not_found", "not_found", "final"),
        (429, "blocked", "throttled", "slow_down"),
        (403, "blocked", "forbidden", "slow_down"),
        (202, "blocked", "waf_challenge", "slow_down"),
        (500, "unavailable", "service_unavailable", "slow_down"),
        (503, "unavailable", "service_unavailable", "slow_down"),
        (200, "unknown", "empty", "retry"),
    ],
)
def test_status_decides_where_the_page_is_empty(status: int, kind: str, reason: str, advice: str) -> None:
    page = parse(b" \n", url=URL, status=status)
    assert (kind, reason, advice) == (page.kind, page.reason, page.advice)


def test_page_of_another_host_is_not_read() -> None:
    page = parse(b'<span id="productTitle">T</span></html>', url="https://example.com/dp/B07WXL5YPW")
    assert (page.kind, page.reason, page.product) == ("unknown", "other_site", None)


def test_page_that_breaks_off_is_retried_with_what_it_had() -> None:
    page = parse(b'<html><body><span id="productTitle">T</span><div>unfin', url=URL)
    assert (page.kind, page.reason, page.advice) == ("product", "truncated", "retry")
    assert parse(b"<html><body><div>am", url=URL).reason == "truncated"


def test_half_a_price_at_the_break_is_no_price() -> None:
    whole = '<span id="productTitle">T</span><span id="priceblock_ourprice">￥12,345</span></body></html>'
    for end in range(whole.index("￥") + 1, whole.index("</span></body>") + 1):
        page = parse(whole[:end].encode(), url=URL)
        assert page.product is not None
        assert page.product.price is None


def test_product_page_without_its_title_is_a_changed_layout() -> None:
    body = b'<div id="dp"><div id="centerCol"></div><input id="ASIN" value="B07WXL5YPW"></div></body>'
    page = parse(body, url=URL)
    assert (page.kind, page.reason) == ("unknown", "changed_layout")
    assert page.product is not None
    assert page.product.asin == "B07WXL5YPW"
