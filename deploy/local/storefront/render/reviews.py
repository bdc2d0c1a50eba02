"""Stars and review counts at the top of the page, and the words of a product nobody has reviewed."""

from decimal import Decimal

from deploy.local.storefront.render.context import Page


def star_class(rating: Decimal) -> str:
    """The class of the star icon, in half stars: ``a-star-4-5``."""
    halves = round(rating * 2)
    return f"a-star-{halves // 2}" + ("-5" if halves % 2 else "")


def stars(page: Page) -> str:
    """The star icon with its hidden text."""
    rating = page.facts.rating
    if rating is None:
        return ""
    return (
        f'<i class="a-icon a-icon-star {star_class(rating)}"><span class="a-icon-alt">{page.rating(rating)}</span></i>'
    )


def reviews_line(page: Page) -> str:
    """The rating under the title. Without reviews it is an invitation, and on older pages empty stars: a trap."""
    facts = page.facts
    if facts.rating is None:
        return (
            f'<div id="averageCustomerReviews" data-asin="{facts.asin}">'
            '<span class="a-icon a-icon-star a-star-0"></span> '
            f'<a id="acrCustomerWriteReviewLink" class="a-link-normal" href="#">{page.words.no_reviews}</a></div>'
        )
    form = page.words.review_count if page.layout.year >= 2019 else page.words.review_count_old
    count = form.format(page.count(facts.review_count))
    return (
        f'<div id="averageCustomerReviews" data-asin="{facts.asin}" data-ref="dpx_acr_pop_">'
        f'<span id="acrPopover" class="reviewCountTextLinkedHistogram noUnderline" title="{page.rating(facts.rating)}">'
        f'{stars(page)}</span> <a id="acrCustomerReviewLink" class="a-link-normal" href="#customerReviews">'
        f'<span id="acrCustomerReviewText" class="a-size-base">{count}</span></a></div>'
    )


def reviews_section(page: Page) -> str:
    """The block of customer reviews at the end of the page."""
    if page.facts.rating is None:
        return f'<div id="customerReviews"><h2>{page.words.reviews_label}</h2><p>{page.words.no_reviews}</p></div>'
    bars = "".join(f'<tr><td>{star}</td><td class="a-meter">{share}%</td></tr>' for star, share in _histogram(page))
    return (
        f'<div id="customerReviews"><h2>{page.words.reviews_label}</h2><div id="cm_cr_dp_d_rating_histogram">'
        f'<span data-hook="rating-out-of-text">{page.rating(page.facts.rating)}</span>'
        f'<table id="histogramTable">{bars}</table></div></div>'
    )


def _histogram(page: Page) -> list[tuple[str, int]]:
    shares = sorted((page.chance.randint(1, 60) for _ in range(5)), reverse=True)
    total = sum(shares)
    return [(f"{5 - place} ★", round(100 * share / total)) for place, share in enumerate(shares)]
