"""The details block: technical table, bullet list, and the two forms of older pages."""

from collections.abc import Callable
from html import escape

from deploy.local.storefront.layouts import Details
from deploy.local.storefront.render.context import Page
from deploy.local.storefront.render.reviews import stars

# Today's pages put these invisible direction marks around labels and before values.
_RLM, _LRM = "\N{RIGHT-TO-LEFT MARK}", "\N{LEFT-TO-RIGHT MARK}"


def details_block(page: Page) -> str:
    """Weight, size, maker, ISBN, rank and reviews as the page's layout lays them out."""
    return _BLOCKS[page.layout.details](page)


def _rank(page: Page) -> str:
    department = page.facts.categories[0] if page.facts.categories else page.words.all_departments
    rank = page.count(page.chance.randint(1, 90_000))
    return escape(page.words.rank.format(department=department, rank=rank))


def _reviews(page: Page) -> str:
    return stars(page) if page.facts.rating is not None else page.words.no_reviews


def _extra_rows(page: Page) -> tuple[tuple[str, str], tuple[str, str]]:
    return (page.words.reviews_label, _reviews(page)), (page.words.rank_label, _rank(page))


def _table_row(label: str, value: str, mark: str = _LRM) -> str:
    return (
        f'<tr><th class="a-color-secondary a-size-base prodDetSectionEntry"> {label} </th>'
        f'<td class="a-size-base prodDetAttrValue"> {mark}{value} </td></tr>'
    )


def _table(page: Page) -> str:
    rows = "".join(_table_row(label, escape(value)) for label, value in page.facts.details)
    extra = "".join(_table_row(label, value, "") for label, value in _extra_rows(page))
    return (
        f'<div id="prodDetails" class="a-section"><h2>{page.words.details_heading}</h2>'
        f'<div class="a-row a-spacing-top-base"><h3>{page.words.technical_heading}</h3>'
        '<table id="productDetails_techSpec_section_1" class="a-keyvalue prodDetTable" role="presentation"><tbody>'
        f'{rows}</tbody></table><table id="productDetails_detailBullets_sections1" class="a-keyvalue prodDetTable">'
        f"<tbody>{extra}</tbody></table></div></div>"
    )


def _bullet(label: str, value: str) -> str:
    return (
        f'<li><span class="a-list-item"><span class="a-text-bold">{label}\n{_RLM}\n:\n{_LRM}\n</span> '
        f"<span>{value}</span></span></li>"
    )


def _bullets(page: Page) -> str:
    rows = "".join(_bullet(label, escape(value)) for label, value in page.facts.details)
    extra = "".join(
        '<ul class="a-unordered-list a-nostyle a-vertical a-spacing-none detail-bullet-list"><li>'
        f'<span class="a-list-item"><span class="a-text-bold"> {label}: </span> {value}</span></li></ul>'
        for label, value in _extra_rows(page)
    )
    return (
        '<div id="detailBullets_feature_div" class="celwidget"><div id="detailBulletsWrapper_feature_div" '
        f'class="a-section feature detail-bullets-wrapper bucket"><h2>{page.words.details_heading}</h2>'
        '<div id="detailBullets_feature_div"><ul class="a-unordered-list a-nostyle a-vertical a-spacing-none '
        f'detail-bullet-list">{rows}</ul></div>{extra}</div></div>'
    )


def _old_table(page: Page) -> str:
    rows = "".join(
        f'<tr><td class="label">{label}</td><td class="value">{escape(value)}</td></tr>'
        for label, value in page.facts.details
    )
    extra = "".join(
        f'<tr><td class="label">{label}</td><td class="value">{value}</td></tr>' for label, value in _extra_rows(page)
    )
    return (
        f'<div id="prodDetails"><h2>{page.words.details_heading}</h2><div class="wrapper">'
        f'<div class="column col1"><div class="section techD"><div class="secHeader">'
        f'<span>{page.words.technical_heading}</span></div><div class="content pdClearfix"><div class="pdTab">'
        f'<table cellspacing="0" cellpadding="0" border="0"><tbody>{rows}</tbody></table></div></div></div></div>'
        f'<div class="column col2"><div class="pdTab"><table><tbody>{extra}</tbody></table></div></div></div></div>'
    )


def _old_list(page: Page) -> str:
    rows = "".join(f"<li><b>{label}:</b> {escape(value)}</li>" for label, value in page.facts.details)
    extra = "".join(f"<li><b>{label}:</b> {value}</li>" for label, value in _extra_rows(page))
    return (
        '<div id="detail_bullets_id"><table cellpadding="0" cellspacing="0" border="0"><tbody><tr><td class="bucket">'
        f'<h2>{page.words.details_heading}</h2><div class="content"><ul>{rows}{extra}</ul></div></td></tr></tbody>'
        "</table></div>"
    )


_BLOCKS: dict[Details, Callable[[Page], str]] = {
    Details.TABLE: _table,
    Details.BULLETS: _bullets,
    Details.OLD_TABLE: _old_table,
    Details.OLD_LIST: _old_list,
}
