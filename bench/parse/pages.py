"""The page that is read, and the least that reading anything off it would cost."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.render.product import render_product

PAGE_BYTES = 1_500_000
URL = "https://www.amazon.co.jp/dp/B07WXL5YPW"

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


def storefront_page(url: str) -> bytes:
    """A product page of the sample storefront, with as many tags and scripts to a kilobyte as real pages have."""
    body = render_product(facts_for("www.amazon.co.jp", url.rpartition("/")[2])).encode()
    end = body.rfind(b"</body")
    return body[:end] + WIDGET * ((PAGE_BYTES - len(body)) // len(WIDGET)) + body[end:]
