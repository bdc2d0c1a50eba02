"""The tables and lists of product details, and what is read from their rows: weight, size, bestseller ranks."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from decimal import Decimal

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, text_of
from shared.amazon.pages.model import Rank
from shared.amazon.pages.numbers import count
from shared.amazon.pages.rules import Field, Reader
from shared.amazon.pages.text import label, plain
from shared.amazon.pages.units import grams, millimetres

# Where rows of details stand. Other tables (comparisons, size charts) speak of other products.
TABLES = (
    "#productDetails_techSpec_section_1 tr",
    "#productDetails_techSpec_section_2 tr",
    "#productDetails_detailBullets_sections1 tr",
    "#technicalSpecifications_section_1 tr",
    "#prodDetails tr",
    "#productDetails_expanderTables_depthLeftSections tr",
    "#productDetails_expanderTables_depthRightSections tr",
    "#technicalSpecifications_feature_div tr",
    "#productSpecifications tr",
    "#product-specification-table tr",
    "#tech-specs-table tr",
    "#productOverview_feature_div tr",
    "#product-details-grid_feature_div tr",
    "table.prodDetTable tr",
)
LISTS = (
    "#detailBullets_feature_div li",
    "#detailBulletsWrapper_feature_div li",
    "#detail_bullets_id li",
    "#detail-bullets li",
    "#detail-bullets_feature_div li",
    "#productDetailsTable li",
    "#productFactsDesktop_feature_div .product-facts-detail",
    "#productFactsDesktopExpander .product-facts-detail",
)
_TALLEST_ROW = 1500

_PACKAGE = re.compile(
    r"packag|parcel|boxed|shipping|dispatch|gross|paket|pakket|versand|verpack|packung|colis|"
    r"emballage|exp[ée]dition|env[ií]o|"
    r"paquete|pacote|"
    r"embalagem|spedizione|collo|pacchetto|imballaggio|confezione|verpakking|verzend|förpackning|frakt|opakowan|"
    r"paczk|wysyłk|przesyłk|brutto|lordo|\bbruto|\bbrut\b|"
    r"kutu|ambalaj|kargo|gönderi|梱包|発送|パッケージ|包装|毛重|发货|發貨|配送|الطرد|الشحن|العبوة|الحزمة|पैकेज|"
    r"포장|배송"
)
_WEIGHT_WORD = re.compile(
    r"weight|gewicht|poids|\bpeso\b|vikt|\bwaga\b|\bmasa\b|ağırlı|重量|重さ|毛重|净重|淨重|وزن|वज़न|वजन|무게|중량|"
    r"hmotnost|vægt|משקל"
)
_NOT_ITS_WEIGHT = re.compile(
    r"max|máx|maks|min\b|capacit|l[ií]mit|limiet|gräns|begrenz|sınır|öneri|kapasite|support|"
    r"recommend|batt?er|lithium|litio|\bpil[ae]?\b|load|rating|range|unit count|lady|carr|akku|batterie|"
    r"belast|tragk|"
    r"zulässig|empfohl|höchst|recommand|charge|autoris|consigl|raccomand|portata|soport|recomend|admit|capaz|suport|"
    r"aanbevolen|draag|rekommend|bär|zalecan|udźwig|taşıma|önerilen|耐荷重|耐重|最大|上限|電池|バッテリー|推奨|"
    r"(?<!本)体重|"
    r"対象|承重|电池|"
    r"推荐|الحد|الأقصى|البطارية|net content|contents|paper|紙|厚|fabric|thread|yarn|布|坪量|basis|per "
)
_SIZE_WORD = re.compile(
    r"dimension|abmess|grösse und|dimensões|dimensioni|dimensiones|afmeting|mått|wymiar|boyut|サイズ|寸法|尺寸|أبعاد|"
    r"आयाम|크기|규격|"
    r"rozměr|mål\b|medidas|l x |lxw|b x h|l x b"
)
_NOT_ITS_SIZE = re.compile(
    r"screen|display|bildschirm|écran|pantalla|schermo|ekran|画面|モニタ|paper|用紙|mattress|seat|マウント|対応"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of details: the folded label, the clean value, and the node that holds the value."""

    label: str
    value: str
    node: LexborNode


def rows(document: Document) -> list[Row]:
    """Every row of the page's details, in the order of TABLES and LISTS, each once."""
    found = document.cache.get("rows")
    if found is None:
        found = document.cache["rows"] = list(_collect(document))
    return found


def detail(document: Document, labels: Container[str]) -> Iterator[str]:
    """The values of the rows that bear one of `labels` (folded)."""
    return (row.value for row in rows(document) if row.label in labels)


def _collect(document: Document) -> Iterator[Row]:
    seen: set[int] = set()
    for where in (*TABLES, *LISTS):
        split = _cells if where.endswith("tr") else _bullet
        for node in document.find(where):
            if node.mem_id not in seen:
                seen.add(node.mem_id)
                row = split(node)
                if row is not None and row.label and row.value:
                    yield row


def _cells(node: LexborNode) -> Row | None:
    cells = [child for child in node.iter() if child.tag in {"th", "td"}]
    return Row(label(cells[0].text()), text_of(cells[1]), cells[1]) if len(cells) == 2 else None


def _bullet(node: LexborNode) -> Row | None:
    """A bullet such as <b>Label:</b> value; lists inside it (ranks) count as its value."""
    bold = node.css_first("span.a-text-bold, b, strong, .a-col-left span")
    whole = text_of(node)
    if bold is None or len(whole) > _TALLEST_ROW:
        return None
    name = text_of(bold)
    return Row(label(name), whole.removeprefix(name).strip(" :："), node) if whole.startswith(name) else None


def _item(name: str) -> bool:
    return not _PACKAGE.search(name)


def _package(name: str) -> bool:
    return bool(_PACKAGE.search(name))


def _is_weight(name: str) -> bool:
    return bool(_WEIGHT_WORD.search(name)) and not _NOT_ITS_WEIGHT.search(name)


def _is_size(name: str) -> bool:
    return bool(_SIZE_WORD.search(name)) and not _NOT_ITS_SIZE.search(name)


def _weight_in(*tests: Callable[[str], bool]) -> Reader[Decimal]:
    def read(document: Document, node: LexborNode) -> Decimal | None:
        for row in rows(document):
            if all(test(row.label) for test in tests):
                found = grams(row.value, document.decimal_mark)
                if found is not None:
                    return found
        return None

    return read


def _size_in(*tests: Callable[[str], bool]) -> Reader[tuple[Decimal, ...]]:
    def read(document: Document, node: LexborNode) -> tuple[Decimal, ...] | None:
        for row in rows(document):
            if all(test(row.label) for test in tests):
                found = millimetres(row.value, document.decimal_mark)
                if found is not None:
                    return found
        return None

    return read


WEIGHT = Field(
    "weight_g",
    (
        ("item-weight", "", _weight_in(_is_weight, _item)),
        ("item-size", "", _weight_in(_is_size, _item)),
        ("package-weight", "", _weight_in(_is_weight, _package)),
        ("package-size", "", _weight_in(_is_size, _package)),
    ),
)
DIMENSIONS = Field(
    "dimensions_mm",
    (
        ("item-size", "", _size_in(_is_size, _item)),
        ("package-size", "", _size_in(_is_size, _package)),
    ),
)

_RANK_LABEL = re.compile(
    r"(?:sellers?|sales) rank|売れ筋ランキング|bestseller-?rang|meilleures ventes|top vendus|"
    r"posizione nella classifica|"
    r"más vendidos|mais vendidos|melhores classificad|bestsellerlij?st|bästsälj|rangordning|ranking najlepiej|"
    r"rankingu? bestseller|çok satanlar|sıralaması|热销商品排名|熱銷商品排名|الأفضل مبيع|सर्वश्रेष्ठ|बेस्ट ?सेलर|"
    r"베스트셀러|판매 순위"
)
_RANK_BEFORE = re.compile(
    r"(?:#|n\.º|nº|nr\.|n\.|n°|no\.)?\s?(\d[\d.,\u202f ]*\d|\d)(?:\s[^\W\d_]+){0,2}?\s?(?:in|en|em|"
    r"dans|i|nel|w|di|به|في)\s"
    r"(?:kategorii\s)?([^#()\d][^#()]*?)"
    r"(?=\s*\(|\s+(?:#|n\.º|nº|nr\.|n\.|n°)?\s?\d[\d.,]*(?:\s[^\W\d_]+){0,2}?\s(?:in|en|em|dans|i|nel|w|di|في)\s|$)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(\d[\d,]*)位")
_TURKISH = re.compile(r"([^#\d]+?) kategorisinde\s?#?(\d[\d.,]*\d|\d)(?:\.?\s?(?:numara|sırada|sıra))?")
_TURKISH_BEFORE = re.compile(r"#?(\d[\d.,]*\d|\d)\.?\s(?:numara\s|sırada\s)?([^#\d]+?) kategorisinde")
_CHINESE = re.compile(r"([^()\d]+?)(?:商品)?里?排第(\d[\d,]*)名|第(\d[\d,]*)位[\s\-─└]*([^()\d]+)")
_REMARK = re.compile(r"\([^()]*\)")
_DASHES = " -─└┗"


def ranks_in(text: str) -> tuple[Rank, ...]:
    """The places in bestseller lists that a row names, with their categories."""
    printed = plain(text[:_TALLEST_ROW])
    if "第" in printed:
        named = [(main or part, of or within) for of, main, part, within in _CHINESE.findall(printed)]
    elif "kategorisinde" in printed:
        printed = _REMARK.sub(" ", printed)
        named = [(place, of) for of, place in _TURKISH.findall(printed)] or _TURKISH_BEFORE.findall(printed)
    else:
        named = list(_japanese_ranks(printed)) if "位" in printed else _RANK_BEFORE.findall(printed)
    places = ((count(digits), category.strip(_DASHES)) for digits, category in named)
    return tuple(Rank(place, category) for place, category in places if place and category)


def _japanese_ranks(printed: str) -> Iterator[tuple[str, str]]:
    """Pairs of place and category from "A - 12位 - 3位B": the main category stands before its place, others after."""
    parts = _PLACE.split(_REMARK.sub(" ", printed))
    taken = False  # the text before this place is the category of the place before
    for before, digits, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        stands_before = not taken and before.rstrip().endswith("-") and before.strip(_DASHES)
        yield digits, before if stands_before else after
        taken = not stands_before


def _ranks(document: Document, node: LexborNode) -> tuple[Rank, ...] | None:
    for row in rows(document):
        if _RANK_LABEL.search(row.label):
            found = ranks_in(row.value)
            if found:
                return found
    return None


def _old_ranks(document: Document, node: LexborNode) -> tuple[Rank, ...] | None:
    return ranks_in(text_of(node)) or None


BESTSELLER_RANKS = Field("bestseller_ranks", (("details", "", _ranks), ("sales-rank", "#SalesRank", _old_ranks)))
