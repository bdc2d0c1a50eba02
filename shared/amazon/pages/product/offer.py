"""Whether the item can be bought, from whom, and in which condition."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, text_of
from shared.amazon.pages.model import Availability
from shared.amazon.pages.product.price import surroundings
from shared.amazon.pages.rules import Field
from shared.amazon.pages.text import clean, plain

_OTHER_OFFER = re.compile(r"used|olp|aod|renewed|tradein", re.IGNORECASE)
_LONGEST = 300

# The words for each state in the languages of the marketplaces; the first state that matches counts.
STATES: tuple[tuple[Availability, str], ...] = (
    (
        Availability.BACKORDER,
        r"out of stock.{0,40}order (?:now|it now)|back-?order|in stock on|available to ship in|(?:weeks|months|"
        r"wochen|monate|semaines|"
        r"mois|settimane|mesi|semanas|meses|weken|maanden|veckor|månader|tygodni|miesi|hafta|週間|か月|ヶ月|"
        r"入荷予定(?!は立|はあり|がな|未定)|"
        r"周|個月|أسابيع)",
    ),
    (
        Availability.PREORDER,
        r"pre-?order|will be released|not yet been released|vorbestell|erscheint am|noch nicht erschienen|précommand|"
        r"paraîtra|"
        r"pas encore paru|preordin|preventa|reserva|pré-venda|pré-encomend|pré-compra|予約|発売予定|まだ発売|預購|"
        r"预订|预售|przedsprzeda|"
        r"ön sipariş|förhands|förbeställ|pre-?bestel|طلب مسبق|예약",
    ),
    (
        Availability.UNAVAILABLE,
        r"unavailable|out of stock|not available|no longer available|nicht verfügbar|nicht auf lager|nicht lieferbar|"
        r"indisponible|"
        r"rupture|non disponibil|esaurit|no disponible|agotado|sin stock|não disponível|indisponível|esgotado|"
        r"fora de estoque|"
        r"niet beschikbaar|niet op voorraad|niet leverbaar|inte tillgänglig|ej tillgänglig|slut i lager|otillgänglig|"
        r"finns inte|"
        r"niedostępn|brak w magazynie|mevcut değil|stokta yok|bulunmuyor|在庫切れ|お取り扱いできません|取り扱って|"
        r"入荷未定|販売していません|"
        r"无货|缺货|缺貨|无法|無法|不可用|没有库存|غير متوفر|غير متاح|نفد|उपलब्ध नहीं|품절|구매할 수 없",
    ),
    (
        Availability.LOW_STOCK,
        r"only \d+ left|nur noch|plus que|il ne reste|quedan?\b|queda\(n\)|solo \d|sólo \d|apenas \d|restam|"
        r"só restam|rest(?:a|ano) solo|"
        r"solo \d+ rimas|残り|nog (?:slechts|maar|\d)|slechts \d|endast \d|bara \d|zostało|pozostał|sadece \d|"
        r"stokta sadece|"
        r"仅剩|只剩|僅剩|剩下|تبقى|متبقي|केवल \d|\d+개 남|last one",
    ),
    (
        Availability.IN_STOCK,
        r"in stock|auf lager|en stock|disponib|em estoque|em stock|op voorraad|i lager|w magazynie|dostępn|stokta|"
        r"在庫あり|在庫があり|"
        r"现货|現貨|有貨|有货|库存|متوفر|متاح|स्टॉक में|usually (?:ships|dispatched|delivered)|ships (?:from|within)|"
        r"dispatched|通常|"
        r"versandfertig|gewöhnlich|lieferbar|expédi|habitualmente|generalmente|normalmente|geralmente|meestal|"
        r"vanligtvis|zazwyczaj|"
        r"genellikle|available|재고",
    ),
)
_EXPLAINED = frozenset({Availability.BACKORDER, Availability.PREORDER, Availability.UNAVAILABLE})
_STATES = tuple((state, re.compile(words)) for state, words in STATES)


def state_of(text: str) -> Availability:
    """The state that an availability line means."""
    folded = plain(text).casefold()
    return next((state for state, words in _STATES if words.search(folded)), Availability.UNKNOWN)


def _line(document: Document, node: LexborNode) -> str | None:
    """What the box says: all of it where that explains why the item cannot be had now, else its first line."""
    if _OTHER_OFFER.search(surroundings(node)):
        return None
    whole = text_of(node)[:_LONGEST]
    if not whole or state_of(whole) in _EXPLAINED:
        return whole or None
    return next((text for part in node.css("span, p, b") if (text := text_of(part))), whole)[:_LONGEST]


AVAILABILITY_TEXT = Field(
    "availability_text",
    (
        ("availability", "#availability", _line),
        ("out-of-stock", "#outOfStock .a-color-price", _line),
        ("out-of-stock-box", "#outOfStock", _line),
        ("in-buybox", "#availabilityInsideBuyBox_feature_div", _line),
        ("feature", "#availability_feature_div", _line),
        ("2013", "#handleBuy .availGreen", _line),
        ("2013-unavailable", "#handleBuy .availRed", _line),
        ("merchant-row", "#mbc-availability", _line),
    ),
)

# How a sentence names the seller, by language.
SELLERS = (
    r"(?:ships from and sold by|dispatched from and sold by|sold and (?:shipped|fulfilled) by) (.+)",
    r"sold by (.+?)(?: and (?:fulfilled|dispatched|shipped).*)?",
    r"verkauf und versand durch (.+)",
    r"verkauf durch (.+?) und versand durch .*",
    r"verkauft von (.+?)(?: und versand durch .*)?",
    r"expédié et vendu par (.+)",
    r"vendu par (.+?)(?: et expédié par .*)?",
    r"venduto e spedito da (.+)",
    r"venduto da (.+?)(?: e spedito da .*)?",
    r"vendido y enviado por (.+)",
    r"vendido por (.+?)(?: (?:y|e) (?:gestionado|enviado|entregue|expedido) por .*)?",
    r"vendido e (?:enviado|entregue) por (.+)",
    r"verkocht (?:en verzonden )?door (.+?)(?: en verzonden door .*)?",
    r"säljs (?:och skickas |och levereras )?av (.+?)(?: och skickas av .*)?",
    r"sprzeda(?:wca|ne)(?: i wysyłk\w+)?(?: przez)?:? (.+)",
    r"satıcı:? (.+)",
    r"この商品は、? ?(.+?) ?が販売(?:、発送します|し、.*が発送します|します).*",
    r"販売元:? ?(.+)",
    r"由 ?(.+?) ?(?:销售|直接销售|出售|販售).*",
)
_SELLERS = tuple(re.compile(form, re.IGNORECASE) for form in SELLERS)
_SENTENCE_END = re.compile(r"\.(?:\s|$)|。")
_SOLD_BY = re.compile(
    r"sold by|seller|verkäufer|verkauf|vendeur|vendu|venduto|venditore|vendido|vendedor|verkoper|verkocht|säljare|"
    r"säljs|sprzedawca|"
    r"satıcı|販売元|卖家|賣家|البائع|يباع|विक्रेता|판매자"
)


def seller_in(text: str) -> str | None:
    """The seller that a sentence such as "Ships from and sold by X." names."""
    sentence = _SENTENCE_END.split(clean(text)[:_LONGEST])[0]
    for form in _SELLERS:
        found = form.fullmatch(sentence)
        if found:
            return found[1].strip() or None
    return None


def _name(document: Document, node: LexborNode) -> str | None:
    return None if _OTHER_OFFER.search(surroundings(node)) else text_of(node) or None


def _sentence(document: Document, node: LexborNode) -> str | None:
    return None if _OTHER_OFFER.search(surroundings(node)) else seller_in(text_of(node))


def _sold_by_row(document: Document, node: LexborNode) -> str | None:
    """The cell of the buy box table that says who sells."""
    named = attribute(node, "tabular-attribute-name")
    return text_of(node) or None if _SOLD_BY.search(plain(named).casefold()) else None


SELLER = Field(
    "seller",
    (
        ("profile-link", "#sellerProfileTriggerId", _name),
        ("merchant-feature", "#merchantInfoFeature_feature_div .offer-display-feature-text-message", _name),
        ("buybox-table", "#tabular-buybox .tabular-buybox-text", _sold_by_row),
        ("merchant-info", "#merchant-info", _sentence),
        ("merchant-mobile", "#merchantInfo_feature_div", _sentence),
        ("app-seller", "#mas-seller", _name),
    ),
)
