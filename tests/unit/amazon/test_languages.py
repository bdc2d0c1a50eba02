"""What pages say in the languages of all marketplaces, as they print it."""

from decimal import Decimal

import pytest

from shared.amazon.marketplaces import MARKETPLACES
from shared.amazon.pages.numbers import count, money, rating
from shared.amazon.pages.product.details import ranks_in
from shared.amazon.pages.product.names import brand_of_byline
from shared.amazon.pages.product.sellers import seller_in
from shared.amazon.pages.product.states import state_of
from shared.amazon.pages.units import grams, millimetres
from tests.unit.amazon.html import product, row

STATES = {
    "in_stock": (
        "In Stock.|Usually dispatched within 1 to 2 days.|Available to ship in 1-2 days|Auf Lager|"
        "Versandfertig in 3 - 4 Tagen|"
        "Erhältlich bei diesen Anbietern.|En stock|Habituellement expédié sous 2 à 3 jours|Disponibilità immediata|"
        "Generalmente spedito entro 2-3 giorni|En stock|Disponible.|Em estoque|Disponível|Op voorraad|"
        "Gewoonlijk verzonden binnen 2 tot 3 dagen|I lager|Tillgänglig från dessa säljare.|W magazynie|"
        "Zwykle wysyłane w ciągu 2 do 3 dni|Stokta var|Bu satıcılardan temin edilebilir.|在庫あり。|"
        "通常2～3日以内に発送します。|"
        "现货。|現在有庫存|متوفر|في المخزون|स्टॉक में है|재고 있음"
    ),
    "low_stock": (
        "Only 3 left in stock - order soon.|Nur noch 3 auf Lager|Il ne reste plus que 3 exemplaire(s) en stock.|"
        "Solo 3 rimasti in magazzino|Disponibilità: solo 2 -- ordina subito (ulteriori in arrivo).|"
        "Sólo queda(n) 3 en stock (hay más unidades en camino).|Apenas 3 em estoque.|Nog slechts 3 op voorraad.|"
        "Endast 3 kvar i lager.|Pozostało tylko 3 szt.|Tylko 3 szt. w magazynie|Stokta sadece 3 adet kaldı.|"
        "残り3点 ご注文はお早めに|残り1点（入荷予定あり）|库存中仅剩 3 件|تبقّى 3 فقط - اطلبه الآن.|"
        "केवल 2 ही स्टॉक में हैं"
    ),
    "unavailable": (
        "Currently unavailable.|Sold out|This item isn't available.|Nicht mehr lieferbar.|"
        "N'est plus disponible.|Non è più disponibile.|"
        "Ya no está disponible.|Não está mais disponível.|Niet meer leverbaar.|Inte längre tillgänglig.|"
        "Nie jest już dostępny.|"
        "لم يعد متوفراً|在庫がありません|Derzeit nicht verfügbar.|Temporairement en rupture de stock.|"
        "Non disponibile.|"
        "No disponible por el momento.|Não disponível.|Temporariamente fora de estoque.|Momenteel niet verkrijgbaar.|"
        "För närvarande inte tillgänglig.|Obecnie niedostępny.|Şu anda stokta yok.|現在在庫切れです。|"
        "現在お取り扱いできません。 この商品の再入荷予定は立っておりません。|目前无货，|目前無法購買。|"
        "غير متوفر حاليًا.|वर्तमान में अनुपलब्ध।|품절"
    ),
    "backorder": (
        "Temporarily out of stock. Order now and we'll deliver when available.|In stock soon. Order it now.|"
        "Usually ships within 1 to 2 months|Gewöhnlich versandfertig in 1 bis 2 Wochen.|"
        "Derzeit nicht auf Lager. Bestellen Sie jetzt und wir liefern, sobald der Artikel verfügbar ist.|"
        "Generalmente spedito entro 1-2 settimane|Envío en 1 a 2 semanas|通常1～2か月以内に発送します。|"
        "12月5日に入荷予定。"
    ),
    "preorder": (
        "This title will be released on December 5.|Dieser Artikel erscheint am 5. Dezember.|"
        "Cet article paraîtra le 5 décembre.|Questo articolo uscirà il 5 dicembre. Prenotalo ora.|"
        "Este producto saldrá a la venta el 5 de diciembre.|Pré-venda|Dit artikel verschijnt op 5 december.|"
        "Den här artikeln släpps den 5 december.|Bu ürün 5 Aralık tarihinde yayınlanacaktır.|"
        "この商品は12月5日に発売予定です。 ただいま予約受付中です。|此商品将于5月1日上市"
    ),
    "unknown": "|この商品は、お住まいの地域にはお届けできません。|Voir les offres de ces vendeurs.",
}


@pytest.mark.parametrize("state", STATES)
def test_availability_in_every_language(state: str) -> None:
    told = {line: state_of(line).value for line in STATES[state].split("|")}
    assert {line: found for line, found in told.items() if found != state} == {}


@pytest.mark.parametrize(
    ("sentence", "seller"),
    [
        ("Ships from and sold by Amazon.com. Gift-wrap available.", "Amazon.com"),
        ("Sold by X Ltd (4.5 out of 5 stars | 1,234 ratings) and Fulfilled by Amazon.", "X Ltd"),
        ("Sold by: Books & Co LLC", "Books & Co LLC"),
        ("Dieser Artikel wird verkauft von X und Versand durch Amazon.", "X"),
        ("Verkauf und Versand durch Amazon.", "Amazon"),
        ("Vendu et expédié par Amazon.", "Amazon"),
        ("Venduto da X e spedito da Amazon.", "X"),
        ("Vendido por X y enviado por Amazon.", "X"),
        ("Enviado por Amazon.com.br e vendido por X", "X"),
        ("Verzonden en verkocht door Amazon.", "Amazon"),
        ("Säljs av X och levereras av Amazon.", "X"),
        ("Skickas från och säljs av Amazon.", "Amazon"),
        ("Sprzedaż i wysyłka przez Amazon.", "Amazon"),
        ("X tarafından satılır ve Amazon tarafından gönderilir.", "X"),
        ("この商品は、Xショップ が販売し、Amazon.co.jp が発送します。", "Xショップ"),
        ("この商品は、Amazon.co.jp が販売および発送します。", "Amazon.co.jp"),
        ("由亚马逊直接销售和发货。", "亚马逊"),
        ("يشحن ويباع من قبل أمازون", "أمازون"),
        ("تُباع بواسطة X", "X"),
        ("Gift-wrap available.", None),
    ],
)
def test_seller_in_every_language(sentence: str, seller: str | None) -> None:
    assert seller_in(sentence) == seller


BYLINES = (
    "Visit the Ann Lee Store|Visit the Ann Lee Store (in Spanish)|Besuche den Ann Lee-Store (auf Englisch)|"
    "Visita lo Store Ann Lee|Visitez la boutique Ann Lee|Besuche den Store von Ann Lee|"
    "Visita la tienda de Ann Lee|Visitar la Store de Ann Lee|Visite a loja da Ann Lee|Bezoek de Ann Lee-store|"
    "Besök Ann Lee-butiken|Odwiedź witrynę sklepu Ann Lee|Ann Lee Store'u Ziyaret Edin|Ann Leeのストアを表示|"
    "访问 Ann Lee 品牌旗舰店|زيارة متجر Ann Lee|ماركة: Ann Lee|Ann Lee स्टोर पर जाएं|ब्रैंड: Ann Lee|"
    "Ann Lee 스토어 방문하기"
)


@pytest.mark.parametrize("byline", BYLINES.split("|"))
def test_brand_in_every_language(byline: str) -> None:
    assert brand_of_byline(byline) == "Ann Lee"


PRICES = (
    ("amazon.it", "1.299,00€|EUR 1.299,00"), ("amazon.se", "1 299,00 kr|SEK 1 299,00"),
    ("amazon.pl", "1\u202f299,00zł"), ("amazon.nl", "€ 1.299,00"), ("amazon.com.be", "1\u202f299,00\xa0€|€ 1.299,00"),
    ("amazon.com.tr", "1.299,00TL|₺1.299,00"), ("amazon.sa", "SAR1,299.00|\u200f1,299.00 ر.س.\u200f|ريال 1,299.00"),
    ("amazon.ae", "AED1,299.00|د.إ.\u200f1,299.00|١٬٢٩٩٫٠٠ درهم"), ("amazon.eg", "EGP1,299.00|جنيه1,299.00"),
    ("amazon.in", "₹1,299|Rs. 1,299.00"), ("amazon.com.mx", "$1,299.00"), ("amazon.com.au", "$1,299.00|AU $1,299.00"),
    ("amazon.sg", "S$1,299.00"), ("amazon.com.br", "R$ 1.299,00|R$1.299,00"), ("amazon.cn", "¥1,299.00"),
    ("amazon.ca", "1 299,00 $|CDN$ 1,299.00"), ("amazon.co.jp", "￥1,299|1,299円|JP¥1,299"),
    ("amazon.co.uk", "£1,299.00"), ("amazon.com", "$1,299"), ("amazon.de", "1.299 €"), ("amazon.fr", "1 299,00 €"),
    ("amazon.es", "1299,00 €"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "prices"), PRICES)
def test_price_in_the_writing_of_every_marketplace(name: str, prices: str) -> None:
    found = [money(text, MARKETPLACES[name]) for text in prices.split("|")]
    assert [(price.amount, price.currency) for price in found if price] == [
        (Decimal(1299), MARKETPLACES[name].currency)
    ] * len(found)


RATINGS = (
    "4.5 out of 5 stars|4,5 von 5 Sternen|4,5 sur 5 étoiles|4,5 su 5 stelle|4,5 de 5 estrellas|4,5 de 5 estrelas|"
    "4,5 van 5 sterren|4,5 av 5 stjärnor|4,5 z 5 gwiazdek|5 yıldız üzerinden 4,5|5つ星のうち4.5|"
    "4.5 颗星，最多 5 颗星|"
    "٤٫٥ من ٥ نجوم|5 में से 4.5 स्टार|별 5개 중 4.5개"
)
COUNTS = (
    "1,234 ratings|1.234 Sternebewertungen|1\u202f234 évaluations|1.234 voti|1.234 valoraciones|(1.234)|"
    "1\xa0234 betyg|1 234 oceny|1.234 değerlendirme|1,234個の評価|1,234 条评论|١٬٢٣٤ تقييمًا"
)


def test_rating_and_count_in_every_language() -> None:
    assert {rating(text) for text in RATINGS.split("|")} == {Decimal("4.5")}
    assert {count(text) for text in COUNTS.split("|")} == {1234}


@pytest.mark.parametrize(
    ("text", "mark", "weight"),
    [
        ("350 Grammi", ",", "350"),
        ("1,2 Chilogrammi", ",", "1200"),
        ("0,35 Kilogramos", ",", "350"),
        ("1,2 Quilogramas", ",", "1200"),
        ("1,2 Kilogramy", ",", "1200"),
        ("1.2 キログラム", ".", "1200"),
        ("350 克", ".", "350"),
        ("350 غرامات", ".", "350"),
        ("1.2 كيلوغرامات", ".", "1200"),
        ("1 kg 200 g", ".", "1200"),
        ("2 pounds 4 ounces", ".", "1020.583"),
        ("1 200 g", ",", "1200"),
        ("5 g 200 g", ".", None),
    ],
)
def test_weight_in_every_language(text: str, mark: str, weight: str | None) -> None:
    assert grams(text, mark) == (Decimal(weight) if weight else None)


SIZES = (
    "10P x 5l x 3H centimetri|10L x 5An x 3Al centímetros|10D x 5B x 3H Zentimeter|10 x 5 x 3 سم; 350 جرام|"
    "10G x 5S x 3W Centymetry|10U x 5G x 3Y santimetre|10奥行き x 5幅 x 3高さ cm|10 x 5 x 3 厘米; 350 克|"
    "10 x 5 x 3 센티미터"
)


def test_size_in_every_language() -> None:
    assert {millimetres(text, ".") for text in SIZES.split("|")} == {(Decimal(100), Decimal(50), Decimal(30))}


LABELS = (
    "Peso articolo|Peso del producto|Poids de l'article|Artikelgewicht|Gewicht van item|Artikelvikt|Waga produktu|"
    "Ürün Ağırlığı|商品の重量|本体重量|商品重量|وزن السلعة|Peso do produto|आइटम का वजन"
)
OTHER_LABELS = (
    "Peso massimo consigliato|Límite de peso|Peso de la batería de litio|Limite de poids|Gewichtsbegrenzung|"
    "Gewichtslimiet|Viktgräns|Maksymalny udźwig|Maksimum Ağırlık Kapasitesi|Ağırlık Sınırı|最大耐荷重|対象体重|"
    "最大承重|Peso máximo"
)
PACKAGE_LABELS = "Peso del paquete|Gewicht van pakket|Waga przesyłki|Paket Ağırlığı|梱包重量|وزن الطرد|Shipping Weight"


@pytest.mark.parametrize("label", LABELS.split("|"))
def test_label_of_the_weight_in_every_language(label: str) -> None:
    for other in PACKAGE_LABELS.split("|"):
        assert product(row(other, "900 g"), row(label, "350 g")).weight_g == 350


@pytest.mark.parametrize("label", OTHER_LABELS.split("|"))
def test_other_weights_are_not_the_items(label: str) -> None:
    assert product(row(label, "90 kg")).weight_g is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#12 Paid in Kindle Store (See Top 100) #1 in Teen eBooks", [(12, "Kindle Store"), (1, "Teen eBooks")]),
        ("n. 1.234 in Giochi (Visualizza i Top 100) n. 5 in Carte", [(1234, "Giochi"), (5, "Carte")]),
        ("nº1.234 en Juguetes (Ver el Top 100) nº5 en Cartas", [(1234, "Juguetes"), (5, "Cartas")]),
        ("#1,234 w kategorii Zabawki (Zobacz Top 100) #5 w kategorii Karty", [(1234, "Zabawki"), (5, "Karty")]),
        ("Oyuncak kategorisinde 1.234 numara (ilk 100'ü gör) Kart kategorisinde 5 numara", [(1234, "Oyuncak"),
        (5, "Kart")]),
        ("- 1,234位おもちゃ (おもちゃの売れ筋ランキングを見る) - 5位カード", [(1234, "おもちゃ"), (5, "カード")]),
        ("おもちゃ - 1,234位 (おもちゃの売れ筋ランキングを見る) - 5位カード - 9位箱", [(1234, "おもちゃ"), (5,
        "カード"), (9, "箱")]),
        ("图书商品里排第1,234名 (查看图书商品销售排行榜) 第5位 - 图书 > 管理", [(1234, "图书"), (5, "图书 > 管理")]),
        ("#1,234 في الألعاب (شاهد أفضل 100) #5 في البطاقات", [(1234, "الألعاب"), (5, "البطاقات")]),
    ],
)  # fmt: skip
def test_bestseller_ranks_in_every_language(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(found.rank, found.category) for found in ranks_in(text)] == expected
