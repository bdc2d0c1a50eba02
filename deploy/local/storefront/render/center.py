"""The centre column's words: breadcrumb, title, byline, variations, bullets, description."""

import json
import random
from html import escape
from urllib.parse import quote

from deploy.local.storefront.asins import draw_asin
from deploy.local.storefront.render.context import Page


def breadcrumb(page: Page) -> str:
    """The way to the product's category; a page reached from a search has a link back instead."""
    if not page.facts.categories:
        inner = f'<li><a id="breadcrumb-back-link" class="a-link-normal" href="/s">‹ {page.words.search}</a></li>'
    else:
        divider = '<li class="a-breadcrumb-divider"><span class="a-list-item a-color-tertiary"> › </span></li>'
        inner = divider.join(
            '<li><span class="a-list-item"><a class="a-link-normal a-color-tertiary" '
            f'href="/b/ref=dp_bc_{place}?node={_node(name)}"> {escape(name)} </a></span></li>'
            for place, name in enumerate(page.facts.categories, start=1)
        )
    return (
        '<div id="wayfinding-breadcrumbs_feature_div" class="a-subheader a-breadcrumb feature">'
        f'<ul class="a-unordered-list a-horizontal a-size-small">{inner}</ul></div>'
    )


def _node(name: str) -> int:
    return random.Random(name).randrange(10**6, 10**10)


def title(page: Page) -> str:
    """The heading; books name binding and date beside their title."""
    beside = ""
    if page.layout.book:
        secondary = '<span class="a-size-medium a-color-secondary a-text-normal">{}</span>'
        beside = secondary.format(page.words.hardcover) + " " + secondary.format(f"– {page.facts.date}")
    return (
        '<div id="titleSection"><h1 id="title" class="a-size-large a-spacing-none">'
        '<span id="productTitle" class="a-size-large product-title-word-break">        '
        f"{escape(page.facts.title)}       </span> {beside}</h1></div>"
    )


def byline(page: Page) -> str:
    """Brand, link to the brand's store, or author with role."""
    facts, words = page.facts, page.words
    if facts.author:
        return (
            f'<div id="bylineInfo" class="a-section a-spacing-micro bylineHidden feature">{words.by} '
            '<span class="author notFaded" data-width=""><a class="a-link-normal" '
            f'href="/{quote(facts.author.replace(" ", "-"))}/e/B00XXAUTHR">{escape(facts.author)}</a> '
            f'<span class="contribution"><span class="a-color-secondary">{words.author_role}</span></span></span></div>'
        )
    brand = escape(facts.brand or "")
    form = words.store_line if page.layout.year >= 2023 else words.brand_line
    text = form.format(brand) if page.layout.year >= 2019 else brand
    return f'<a id="bylineInfo" class="a-link-normal" href="/s?k={quote(facts.brand or "")}">{text}</a>'


def variations(page: Page) -> str:
    """The choice of colour and size, with the parent's code in the script beside it; empty for a single product."""
    if not page.layout.variation:
        return ""
    labels = {"color_name": page.words.color_label, "size_name": page.words.size_label}
    rows = "".join(_variation_row(page, name, labels[name], value) for name, value in page.facts.variation)
    wrapper = "twister" if page.layout.variation == "form" else "twister-plus-inline-twister"
    siblings = {"0_0": page.facts.asin} | {f"0_{n}": draw_asin(page.chance) for n in range(1, 5)}
    script = (
        "<script type=\"text/javascript\">P.register('twister-js-init-dpx-data', function() { var dataToReturn = {\n"
        f'"currentAsin" : "{page.facts.asin}",\n"parentAsin" : "{page.facts.parent_asin}",\n'
        f'"dimensions" : {json.dumps(list(labels))},\n"variationDisplayLabels" : {json.dumps(labels)},\n'
        f'"dimensionToAsinMap" : {json.dumps(siblings)},\n"num_total_variations" : {len(siblings)}\n}}; }});</script>'
    )
    form = f'<form id="{wrapper}" method="get" action="/gp/product">{rows}</form>'
    return f'<div id="twister_feature_div">{form}{script}</div>'


def _variation_row(page: Page, name: str, label: str, value: str) -> str:
    swatches = "".join(
        f'<li class="swatchAvailable" data-dp-url="/dp/{draw_asin(page.chance)}"><span class="a-button">'
        f"{page.modern_money(page.other_price())}</span></li>"
        for _ in range(3)
    )
    if page.layout.variation == "form":
        return (
            f'<div id="variation_{name}" class="a-section"><div class="a-row"><label class="a-form-label">'
            f'{escape(label)}: </label> <span class="selection">{escape(value)}</span></div>'
            f'<ul class="swatches">{swatches}</ul></div>'
        )
    return (
        f'<div id="inline-twister-row-{name}" class="a-section inline-twister-row">'
        f'<div id="inline-twister-dim-title-{name}" class="dimension-text">'
        f'<span class="a-size-base a-color-secondary"> {escape(label)}: </span>'
        f'<span id="inline-twister-expanded-dimension-text-{name}" class="a-size-base a-color-base '
        f'inline-twister-dim-title-value a-text-bold"> {escape(value)} </span></div>'
        f'<ul class="swatches">{swatches}</ul></div>'
    )


def overview(page: Page) -> str:
    """The short table of today's pages: brand and colour."""
    if page.layout.year < 2021 or not page.facts.brand:
        return ""
    rows = ((page.words.brand_line.format("").strip(" :"), page.facts.brand), *page.facts.details[1:2])
    cells = "".join(
        '<tr class="a-spacing-small"><td class="a-span3"><span class="a-size-base a-text-bold">'
        f'{escape(label)}</span></td><td class="a-span9"><span class="a-size-base po-break-word">{escape(value)}</span>'
        "</td></tr>"
        for label, value in rows
    )
    table = f'<table class="a-normal a-spacing-micro"><tbody>{cells}</tbody></table>'
    return f'<div id="productOverview_feature_div">{table}</div>'


def bullets(page: Page) -> str:
    """The feature list; older pages start it with a hidden line on fitment that is no feature."""
    if not page.facts.features:
        return ""
    hidden = (
        '<li id="replacementPartsFitmentBullet" class="aok-hidden"><span class="a-list-item">…</span></li>'
        if page.layout.year < 2020
        else ""
    )
    items = "".join(
        f'<li class="a-spacing-mini"><span class="a-list-item"> {escape(text)} </span></li>'
        for text in page.facts.features
    )
    return (
        '<div id="featurebullets_feature_div"><div id="feature-bullets" class="a-section a-spacing-medium">'
        f'<h2 class="a-size-base-plus a-text-bold">{page.words.about_heading}</h2>'
        f'<ul class="a-unordered-list a-vertical a-spacing-mini">{hidden}{items}</ul></div></div>'
    )


def description(page: Page) -> str:
    """The seller's own words below the fold."""
    return (
        f'<div id="productDescription_feature_div"><h2>{page.words.description_heading}</h2>'
        '<div id="productDescription" class="a-section a-spacing-small">'
        f"<p><span>{escape(page.facts.description)}</span></p></div></div>"
    )
