"""The product's pictures, the main one first, each at its largest known size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, parse_json
from shared.amazon.pages.rules import Field

_PICTURE = re.compile(r"https?://[^\s\"'<>/]+/images/(?:[A-Z]/[^/\s]+/images/)?I/[^\s\"'<>]+")
_ID = re.compile(r"/I/([^./]+)")
_MODIFIER = re.compile(r"\._[^/]*_(?=\.\w+$)")
_INITIAL = re.compile(rb"colorImages['\"]\s*:\s*\{\s*['\"]initial['\"]\s*:\s*")
_GALLERY = re.compile(rb"imageGalleryData['\"]\s*:\s*")
_LONGEST = 200_000
_MOST_PLACES = 20
Pictures = tuple[str, ...]


def _is_picture(url: Any) -> bool:
    return isinstance(url, str) and _PICTURE.fullmatch(url) is not None


def distinct(urls: Iterable[Any]) -> Pictures | None:
    """The addresses that are pictures, each once, in order; None if there are none."""
    return tuple(dict.fromkeys(url.strip() for url in urls if _is_picture(url))) or None


def largest(variants: Any) -> str | None:
    """The picture with the most pixels of a map from address to [width, height]."""
    if not isinstance(variants, dict):
        return None
    sizes = {url: size for url, size in variants.items() if _is_picture(url) and _is_size(size)}
    return max(sizes, key=lambda url: sizes[url][0] * sizes[url][1], default=None)


def _is_size(size: Any) -> bool:
    return isinstance(size, list) and len(size) == 2 and all(isinstance(length, int) for length in size)


def _embedded(document: Document, name: bytes, pattern: re.Pattern[bytes]) -> list[Any]:
    """The entries of the first list that `name`, where `pattern` follows it, introduces in a script."""
    start = document.raw.find(name)
    for _ in range(_MOST_PLACES):
        if start < 0:
            break
        found = pattern.match(document.raw, start)
        value = _list_at(document, found.end()) if found else []
        if value:
            return value
        start = document.raw.find(name, start + 1)
    return []


def _list_at(document: Document, start: int) -> list[Any]:
    value = parse_json(document.raw[start : start + _LONGEST].decode("utf-8", "replace"))
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _color_images(document: Document, node: LexborNode) -> Pictures | None:
    entries = _embedded(document, b"colorImages", _INITIAL)
    return distinct(entry.get("hiRes") or largest(entry.get("main")) or entry.get("large") for entry in entries)


def _gallery(document: Document, node: LexborNode) -> Pictures | None:
    return distinct(entry.get("mainUrl") for entry in _embedded(document, b"imageGalleryData", _GALLERY))


def _one(document: Document, node: LexborNode) -> Pictures | None:
    """The largest picture that an image element names."""
    for name in ("data-old-hires", "data-a-hires", "data-zoom-hires"):
        if _is_picture(attribute(node, name)):
            return (attribute(node, name),)
    best = largest(parse_json(attribute(node, "data-a-dynamic-image")))
    return distinct([best or attribute(node, "src").strip()])


def _mobile(document: Document, node: LexborNode) -> Pictures | None:
    return distinct(attribute(image, "data-a-hires") for image in node.css("[data-a-hires]"))


def _thumbnails(document: Document, node: LexborNode) -> Pictures | None:
    """The small pictures beside the main one, at full size: without the part of the address that scales them."""
    return distinct(_MODIFIER.sub("", attribute(image, "src")) for image in node.css("li img") if not _is_video(image))


def _is_video(image: LexborNode) -> bool:
    parent = image.parent
    return "video" in f"{attribute(image, 'class')} {attribute(parent, 'class') if parent else ''}".lower()


def _with_thumbnails(document: Document, node: LexborNode) -> Pictures | None:
    """The main picture, then those of the thumbnails that show others."""
    main = _one(document, node)
    if main is None:
        return None
    known = {_ID.findall(url)[0] for url in main}
    beside = (url for box in document.find("#altImages") for url in _thumbnails(document, box) or ())
    return main + tuple(url for url in dict.fromkeys(beside) if _ID.findall(url)[0] not in known)


IMAGES = Field(
    "images",
    (
        ("color-images", "", _color_images),
        ("book-gallery", "", _gallery),
        ("mobile-gallery", "#image-block", _mobile),
        ("mobile-gallery-2", "#image-block-container", _mobile),
        ("landing", "#landingImage", _with_thumbnails),
        ("book-front", "#imgBlkFront", _with_thumbnails),
        ("kindle-front", "#ebooksImgBlkFront", _with_thumbnails),
        ("mobile-main", "#main-image", _one),
        ("2013", "#prodImage", _one),
        ("container", "#imgTagWrapperId img", _one),
        ("app", "#js-masrw-main-image", _one),
        ("cover-art", "#coverArt_feature_div img", _one),
        ("audible", "#audibleimageblock_feature_div img", _one),
        ("kindle-canvas", "#ebooks-img-canvas img", _one),
        ("thumbnails", "#altImages", _thumbnails),
    ),
)


def _aplus(document: Document, node: LexborNode) -> Pictures | None:
    return distinct(attribute(image, "data-src") or attribute(image, "src") for image in node.css("img"))


APLUS_IMAGES = Field("aplus_images", (("aplus", "#aplus", _aplus), ("aplus-feature", "#aplus_feature_div", _aplus)))
