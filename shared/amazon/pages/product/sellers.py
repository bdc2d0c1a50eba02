"""How pages of every language say in a sentence who sells the item."""

from __future__ import annotations

import re

from shared.amazon.pages.text import clean, plain

_LONGEST = 300

# fmt: off
# The forms of the sentence, by language: {} stands for the seller; of two that fit, the first counts.
SELLERS = (
    r"(?:(?:ships|shipped|dispatche[sd]|delivered) from and sold|sold and (?:shipped|fulfilled|"
    r"dispatched|delivered)) by:? {}",
    r"sold by:? {}(?:,? (?:and )?(?:fulfilled|dispatche[sd]|ships|shipped|delivered)\b.*)?",
    r"(?:dieser artikel wird )?(?:verkauft?|versand(?:t)?) und (?:versand|versendet|versandt|"
    r"verkauf(?:t)?) (?:durch|von):? {}",
    r"(?:dieser artikel wird )?verkauft? (?:durch|von):? {}(?: und (?:versand|versendet)\b.*)?",
    r"(?:expédié et vendu|vendu et expédié) par ?:? {}",
    r"vendu par ?:? {}(?: et (?:expédié|livré)\b.*)?",
    r"(?:venduto e spedito|spedito e venduto) da:? {}",
    r"venduto da:? {}(?: e (?:spedito|gestito)\b.*)?",
    r"(?:vendido (?:y|e) (?:enviado|entregue|expedido)|(?:enviado|entregue|expedido) (?:y|e) vendido) por:? {}",
    r"(?:enviado|entregue|expedido) (?:por|desde) .+? (?:y|e) vendido por:? {}",
    r"vendido por:? {}(?: (?:y|e) (?:gestionado|enviado|entregue|expedido)\b.*)?",
    r"(?:verkocht en verzonden|verzonden en verkocht) door:? {}",
    r"verkocht door:? {}(?: en (?:verzonden|verzending)\b.*)?",
    r"(?:säljs och (?:skickas|levereras)|(?:skickas|levereras)(?: från)? och säljs) av:? {}",
    r"säljs av:? {}(?: och (?:skickas|levereras)\b.*)?",
    r"(?:sprzeda\w+ i wysy\w+|wysy\w+ i sprzeda\w+)(?: przez)?:? {}",
    r"sprzeda(?:wca|ż|wane|wany)(?: przez)?:? {}(?:[,;]? (?:i )?(?:wysył|wysyłk|dostaw)\w*\b.*)?",
    r"{} tarafından satıl\w+(?: ve\b.*)?",
    r"(?:satıcı|satan):? {}",
    r"(?:この商品は、? ?)?{} ?が販売(?:、|し|します|および|・).*",
    r"(?:販売元|販売者|販売業者|販売):? ?{}",
    r"由 ?{} ?(?:直接)?(?:销售|銷售|出售|販售).*",
    r"(?:卖家|賣家|出售方|销售商):? ?{}",
    r"(?:(?:يشحن|تشحن) و(?:يباع|تباع)|(?:يباع|تباع) و(?:يشحن|تشحن)) (?:من قبل|بواسطة|عن طريق|من):? {}",
    r"(?:يباع|تباع|البائع) ?(?:من قبل|بواسطة|عن طريق|من)?:? {}(?: و(?:يتم|تتم|يشحن|تشحن|شحن)\b.*)?",
    r"{} द्वारा (?:बेचा|विक्र).*",
    r"(?:विक्रेता|판매자):? {}",
    r"{}에서 판매.*",
)
# fmt: on
_SELLERS = tuple(re.compile(form.replace("{}", "(.+?)"), re.IGNORECASE) for form in SELLERS)
_SENTENCE_END = re.compile(r"\.(?:\s|$)|。")
# What a seller's name may be followed by: how buyers rate him.
_RATED = re.compile(r"\s*\([^()]*\d[^()]*\)$")
SOLD_BY = re.compile(
    r"sold by|seller|verkäufer|verkauf|vendeur|vendu|venduto|venditore|vendido|vendedor|verkoper|verkocht|säljare|"
    r"säljs|sprzedawca|sprzedaż|satıcı|satan|販売元|販売業者|卖家|賣家|البائع|يباع|تباع|विक्रेता|판매자"
)


def seller_in(text: str) -> str | None:
    """The seller that a sentence such as "Ships from and sold by X." names."""
    sentence = _SENTENCE_END.split(clean(text)[:_LONGEST])[0]
    if not sentence.isascii():
        sentence = plain(sentence)
    for form in _SELLERS:
        found = form.fullmatch(sentence)
        if found:
            return _RATED.sub("", found[1]).strip() or None
    return None


def is_seller_label(text: str) -> bool:
    """Whether a row with this label names the seller."""
    return bool(SOLD_BY.search(plain(text).casefold()))
