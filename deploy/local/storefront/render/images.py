"""The picture block: addresses in embedded JSON, in attributes of the main picture, or in an old gallery."""

import json
from html import escape

from deploy.local.storefront.layouts import Images
from deploy.local.storefront.render.context import Page

_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_WIDTHS = (342, 385, 425, 466, 522, 569, 679)


def image_block(page: Page) -> str:
    """The left column's pictures in the form of the page's layout."""
    match page.layout.images:
        case Images.COLOR_IMAGES:
            return _color_images(page)
        case Images.DYNAMIC:
            return _dynamic(page)
        case Images.GALLERY:
            return _gallery(page)


def resized(address: str, code: str) -> str:
    """The address of the same picture in another size, for example ``SX38_SY50``."""
    return address.replace("_AC_SL1500_", f"_AC_{code}_")


def _sizes(address: str) -> dict[str, list[int]]:
    return {resized(address, f"SX{width}"): [width * 2 // 3, width] for width in _WIDTHS}


def _thumbs(page: Page) -> str:
    items = "".join(
        f'<li class="item imageThumbnail a-declarative"><img alt="" src="{resized(address, "US40")}"></li>'
        for address in page.facts.images
    )
    return f'<div id="altImages"><ul class="a-unordered-list a-nostyle a-button-list a-vertical">{items}</ul></div>'


def _main(page: Page, attributes: str, src: str) -> str:
    return (
        '<div id="main-image-container"><div id="imgTagWrapperId" class="imgTagWrapper">'
        f'<img alt="{escape(page.facts.title)}" src="{src}" {attributes} data-a-image-name="landingImage" '
        'class="a-dynamic-image a-stretch-horizontal" id="landingImage"></div></div>'
    )


def _color_images(page: Page) -> str:
    pictures = [
        {
            "hiRes": address,
            "thumb": resized(address, "US40"),
            "large": resized(address, "SX522"),
            "main": _sizes(address),
            "variant": "MAIN" if place == 0 else f"PT{place:02d}",
            "lowRes": None,
            "shoppableScene": None,
        }
        for place, address in enumerate(page.facts.images)
    ]
    # Pages of the older layouts load the main picture late, behind a blank one.
    main = page.facts.images[0]
    src = _BLANK if page.layout.year < 2020 else resized(main, "SX679")
    script = (
        '<script type="text/javascript">P.when(\'A\').register("ImageBlockATF", function(A){ var data = {'
        f"'colorImages': {{ 'initial': {json.dumps(pictures)}}},\n'colorToAsin': {{'initial': {{}}}},\n"
        f"'winningAsin': '{page.facts.asin}'}}; return data; }});</script>"
    )
    shown = _main(page, f'data-old-hires="{main}" data-a-dynamic-image="{escape(json.dumps(_sizes(main)))}"', src)
    return f'<div id="imageBlock_feature_div">{_thumbs(page)}{shown}{script}</div>'


def _dynamic(page: Page) -> str:
    main = page.facts.images[0]
    sizes = escape(json.dumps({main: [1000, 1500]} | _sizes(main)))
    shown = _main(page, f'data-old-hires="" data-a-dynamic-image="{sizes}"', resized(main, "SX466"))
    return f'<div id="imageBlock_feature_div">{_thumbs(page)}{shown}</div>'


def _gallery(page: Page) -> str:
    main = page.facts.images[0]
    gallery = [
        {"mainUrl": address, "dimensions": [1000, 1500], "thumbUrl": resized(address, "US40")}
        for address in page.facts.images
    ]
    sizes = escape(json.dumps(_sizes(main)))
    return (
        '<div id="booksImageBlock_feature_div"><div id="img-wrapper"><div id="img-canvas">'
        f'<img alt="{escape(page.facts.title)}" src="{_BLANK}" data-a-dynamic-image="{sizes}" id="imgBlkFront" '
        "class=\"a-dynamic-image frontImage\"></div></div><script>P.when('A').execute(function(A){ var data = "
        f"{{'imageGalleryData' : {json.dumps(gallery)}}}; }});</script></div>"
    )
