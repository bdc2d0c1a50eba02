"""How pages of every language name a brand and a contributor's role."""

from __future__ import annotations

import re

from shared.amazon.pages.text import clean

# fmt: off
# The forms of a byline, by language: {} stands for the brand.
BYLINES = (
    "Visit the {} Store", "Visit the {} Storefront", "Brand: {}",
    "Besuche den {}-Store", "Besuchen Sie den {}-Store", "Besuche den {} Store",
    "Besuche den Store von {}", "Marke: {}",
    "Visiter la boutique {}", "Visitez la boutique {}", "Marque : {}", "Marque: {}",
    "Visita lo Store di {}", "Visita lo Store {}", "Visita il negozio di {}", "Marca: {}", "Marchio: {}",
    "Visita la tienda de {}", "Visitar la tienda de {}", "Visita la Store de {}",
    "Visita el Store de {}", "Visitar la Store de {}", "Visita la tienda {}",
    "Visite a loja da {}", "Visite a loja do {}", "Visite a loja de {}", "Visite a loja {}",
    "Bezoek de {}-Store", "Bezoek de {}-winkel", "Bezoek de {} Store", "Bezoek de Store van {}", "Merk: {}",
    "Besök {}-butiken", "Besök {} Store", "Besök {} butik", "Besök butiken {}", "Varumärke: {}", "Märke: {}",
    "Odwiedź sklep {}", "Odwiedź markę {}", "Odwiedź Store {}", "Odwiedź sklep marki {}",
    "Odwiedź witrynę sklepu {}", "Marka: {}",
    "{} Store’u ziyaret edin", "{} Store'u ziyaret edin", "{} Mağazasını ziyaret edin",
    "{}のストアを表示", "{}ストアを表示", "ブランド: {}", "ブランド：{}",
    "访问 {} 店铺", "访问 {} 品牌店", "访问 {} 品牌旗舰店", "访问{}旗舰店",
    "造訪 {} 商店", "瀏覽{}商店", "品牌: {}", "品牌：{}",
    "브랜드: {}", "{} 스토어 방문하기",
    "قم بزيارة متجر {}", "زيارة متجر {}", "العلامة التجارية: {}", "ماركة: {}",
    "{} स्टोर पर जाएँ", "{} स्टोर पर जाएं", "ब्रांड: {}", "ब्रैंड: {}", "Navštivte obchod {}",
    "Značka: {}", "Besøg {}-butikken", "בקר בחנות של {}",
)
# The labels under which tables of details name the brand, folded.
BRAND_LABELS = frozenset((
    "brand", "brand name", "brand, seller, or collection name", "ブランド", "ブランド名", "marke", "markenname",
    "marque", "nom de marque", "marca", "nombre de marca", "nome da marca", "nome del marchio", "marchio", "merk",
    "merknaam", "varumärke", "marka", "nazwa marki", "marka adı", "品牌", "品牌名", "العلامة التجارية",
    "اسم العلامة التجارية", "ब्रांड", "브랜드", "značka", "mærke",
))
# fmt: on
_BYLINES = tuple(
    re.compile(re.escape(form).replace(r"\{\}", "(.+?)").replace(r"\ ", r"\s?"), re.IGNORECASE) for form in BYLINES
)
_LONGEST = 200
_TRANSLATED = re.compile(r"\s*[(（](?:em|in|en|auf|på|po|w) [^\W\d_]+[)）]$", re.IGNORECASE)

# What a contributor did, as the words after the name say.
AUTHOR_ROLES = re.compile(
    r"author|autor|auteur|autore|著|schrijver|författare|yazar|作者|المؤلف|مؤلف|تأليف|كاتب|लेखक|writer|저자|creator|原作|作$|文$|絵$|"
    r"by$",
    re.IGNORECASE,
)
PERFORMER_ROLES = re.compile(
    r"actor|actress|artist|director|producer|performer|narrator|starring|conductor|orchestra|composer|singer|"
    r"darsteller|künstler|regisseur|komponist|dirigent|sprecher|erzähler|acteur|artiste|réalisateur|compositeur|"
    r"narrateur|attore|attrice|regista|artista|narratore|narrador|intérprete|compositor|orquesta|出演|監督|"
    r"アーティスト|演奏|指揮|ナレーター|声の出演|主演|导演|演员|艺术家|aktör|skådespelare|regissör|reżyser|aktor",
    re.IGNORECASE,
)


def brand_of_byline(text: str) -> str | None:
    """The brand that a byline names in one of the known forms."""
    text = _TRANSLATED.sub("", clean(text)[:_LONGEST])
    for form in _BYLINES:
        found = form.fullmatch(text)
        if found:
            return found[1].strip()
    return None
