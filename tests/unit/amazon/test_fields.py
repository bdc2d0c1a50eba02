"""Every other field of a product page, with the traps beside it."""

from decimal import Decimal

import pytest

from shared.amazon.pages import Availability, Rank, parse
from tests.unit.amazon.html import ASIN, page, product, row

PICTURES = "https://m.media-amazon.com/images/I"


# --- identity


def test_asin_of_the_form_beats_links_to_siblings() -> None:
    canonical = (
        '<link rel="canonical" href="https://www.amazon.com/x/dp/B00PARENT0"><input name="ASIN" value="B00PARENT0">'
    )
    assert product(canonical).asin == ASIN


@pytest.mark.parametrize(
    "block",
    [
        '<div id="detailBullets_feature_div"><li><span><span class="a-text-bold">ASIN \u200f : \u200e</span>'
        "<span>B000000001</span></span></li></div>",
        '<div id="averageCustomerReviews" data-asin="B000000001"></div>',
        '<link rel="canonical" href="https://www.amazon.com/Some-Thing/dp/B000000001">',
    ],
)
def test_asin_is_found_without_the_form(block: str) -> None:
    body = f'<span id="productTitle">T</span>{block}</body>'.encode()
    found = parse(body, url="https://www.amazon.com/gp/something").product
    assert found is not None
    assert found.asin == "B000000001"


def test_asin_asked_for_counts_only_if_the_page_mentions_it() -> None:
    url = "https://www.amazon.co.jp/dp/B000000009"
    silent = parse(b'<span id="productTitle">T</span></body>', url=url).product
    naming = parse(b'<span id="productTitle">T</span><a href="/x?asin=B000000009"></a></body>', url=url).product
    assert silent is not None
    assert naming is not None
    assert (silent.asin, naming.asin) == (None, "B000000009")


def test_parent_asin_is_named_only_where_it_differs() -> None:
    script = '<div id="variation_color_name"></div><script>var x = {"parentAsin":"%s"}</script>'
    assert product(script % "B00PARENT0").parent_asin == "B00PARENT0"
    assert product(script % ASIN).parent_asin is None


@pytest.mark.parametrize(
    "block",
    [
        '<h1><span id="ebooksProductTitle">A thing</span></h1>',
        '<h1 id="title"><span>A thing</span><span>Hardcover</span></h1><div id="dp"></div><div id="ppd"></div>',
        '<span id="btAsinTitle"> A  thing </span>',
    ],
)
def test_title_is_read_in_every_layout(block: str) -> None:
    found = parse(f"{block}</body>".encode(), url="https://www.amazon.com/dp/B000000001")
    assert found.product is not None
    assert (found.kind, found.product.title) == ("product", "A thing")


@pytest.mark.parametrize(
    ("byline", "brand"),
    [
        ("Visit the DUMOS Store", "DUMOS"),
        ("Brand: 任天堂", "任天堂"),
        ("香源のストアを表示", "香源"),
        ("ブランド: 任天堂", "任天堂"),
        ("Besuche den Bosch-Store", "Bosch"),
        ("Visiter la boutique Moulinex", "Moulinex"),
        ("Marque : Tefal", "Tefal"),
        ("Visita lo Store di De'Longhi", "De'Longhi"),
        ("Visita la tienda de Cecotec", "Cecotec"),
        ("Visite a loja WAP", "WAP"),
        ("Visite a Loja da Hi-Spec (em Espanhol)", "Hi-Spec"),
        ("Bezoek de Philips Store", "Philips"),
        ("Marka: Bosch", "Bosch"),
        ("品牌: 华为", "华为"),
        ("العلامة التجارية: فيليبس", "فيليبس"),
        ("قم بزيارة متجر فيليبس", "فيليبس"),
    ],
)
def test_brand_is_named_by_bylines_of_every_language(byline: str, brand: str) -> None:
    assert product(f'<a id="bylineInfo" href="/stores/x/page/1">{byline}</a>').brand == brand


def test_old_byline_is_the_brand_itself() -> None:
    assert product('<a id="brand" href="/3M/b?node=1">3M</a>').brand == "3M"
    assert product('<a id="brand" href="/b?node=1"><img alt="Nike"></a>').brand == "Nike"


def test_store_byline_of_unknown_form_yields_to_the_details() -> None:
    byline = '<a id="bylineInfo" href="/stores/FiskarsDirect/page/1">Kauppaan Fiskars nyt</a>'
    assert product(byline).brand is None
    assert product(byline, row("Brand", "Fiskars")).brand == "Fiskars"


def test_store_address_tells_the_brand_in_any_language() -> None:
    byline = '<a id="bylineInfo" href="/stores/RockStock/page/1?ref_=ast">Kauppaan Rock Stock nyt</a>'
    assert product(byline).brand == "Rock Stock"
    assert product('<a id="bylineInfo" href="/stores/Anker/page/1">Anker</a>').brand == "Anker"


AUTHOR = (
    '<span class="author"><a class="contributorNameID" href="/e/B1">{}</a>'
    '<span class="contribution"><span>({})</span></span></span>'
)


@pytest.mark.parametrize(
    ("contributors", "author"),
    [
        ([("Mat Follas", "Author")], "Mat Follas"),
        ([("Ann Other", "Übersetzer"), ("Howard M. Resh", "Autor")], "Howard M. Resh"),
        ([("大野 正人", "著")], "大野 正人"),
        ([("Dimas da Cruz Oliveira", "Autor"), ("Ado Varela", "Editor")], "Dimas da Cruz Oliveira"),
        ([("E. Ditor", "Editor")], "E. Ditor"),
        ([("The Cars", "Darsteller")], None),
        ([("John Doe", "Actor"), ("Jane Doe", "Director")], None),
    ],
)
def test_author_is_the_first_contributor_who_wrote(contributors: list[tuple[str, str]], author: str | None) -> None:
    found = product('<div id="bylineInfo">', *(AUTHOR.format(*each) for each in contributors), "</div>")
    assert (author, None) == (found.author, found.brand)


# --- reviews


def test_rating_and_count_come_from_the_products_own_widget() -> None:
    found = product(
        '<div class="carousel"><i><span class="a-icon-alt">1.0 out of 5 stars</span></i></div>',
        '<span id="acrPopover" title="4.3 out of 5 stars"></span><span id="acrCustomerReviewText">(2,357)</span>',
    )
    assert (Decimal("4.3"), 2357) == (found.rating, found.review_count)


def test_product_without_reviews_has_no_rating() -> None:
    found = product(
        '<div id="averageCustomerReviews"><span class="a-icon-alt">0 out of 5 stars</span>'
        '<a id="acrCustomerReviewLink">Be the first to review this item</a></div>'
    )
    assert (found.rating, found.review_count) == (None, None)


def test_mobile_rating_is_spoken_in_its_link() -> None:
    found = product(
        '<a id="acrCustomerReviewLink"><i><span class="a-icon-alt">5つ星のうち4.1</span></i>'
        '<span aria-label="201 レビュー" class="cm-cr-review-stars-text-sm">(201)</span></a>',
        marketplace="amazon.co.jp",
    )
    assert (Decimal("4.1"), 201) == (found.rating, found.review_count)


# --- details


@pytest.mark.parametrize(
    ("label", "value", "grams"),
    [
        ("Item Weight", "1.76 ounces", "49.895"),
        ("商品の重量", "250 g", "250"),
        ("Artikelgewicht", "1,2 Kilogramm", "1200"),
        ("Poids de l'article", "350 Grammes", "350"),
        ("Peso articolo", "1,5 Chilogrammi", "1500"),
        ("Peso del producto", "4,72 Kg", "4720"),
        ("Artikelvikt", "300 g", "300"),
        ("Waga produktu", "2 kg", "2000"),
        ("Ürün Ağırlığı", "300 g", "300"),
        ("وزن السلعة", "1 كيلوجرام", "1000"),
        ("商品重量", "500 克", "500"),
        ("Product Dimensions", "3.15 x 3.94 x 7.87 inches; 1.76 ounces", "49.895"),
        ("梱包サイズ", "8.4 x 7.8 x 3.9 cm; 50 g", "50"),
        ("Größe und/oder Gewicht", "10 x 8 x 3 cm ; 118 g", "118"),
        ("Boxed-product Weight", "45.4 g", "45.4"),
        ("Maximum Weight Recommendation", "100 Kilograms", None),
        ("Weight Capacity", "300 Pounds", None),
        ("Lithium Battery Weight", "30 Grams", None),
        ("耐荷重", "100 kg", None),
        ("電池の重量", "30 g", None),
        ("Memory", "5 g", None),
    ],
)
def test_weight_is_the_items_and_nothing_elses(label: str, value: str, grams: str | None) -> None:
    language = "de" if "," in value else "en"
    assert (Decimal(grams) if grams else None) == product(row(label, value), language=language).weight_g


def test_item_weight_beats_the_packages() -> None:
    found = product(row("Shipping Weight", "0.5 ounces"), row("Item Weight", "1.6 ounces"))
    assert found.weight_g == Decimal("45.359")


def test_comparison_tables_say_nothing_of_the_product() -> None:
    table = "<div id='comparison'><table><tr><th>Item Weight</th><td>5 kg</td></tr></table></div>"
    assert product(table).weight_g is None


@pytest.mark.parametrize(
    "block",
    [
        row("Product Dimensions", "10 x 8 x 3 cm"),
        '<div id="detailBullets_feature_div"><ul><li><span class="a-list-item"><span class="a-text-bold">Product '
        "Dimensions \u200f : \u200e</span> <span>10 x 8 x 3 cm</span></span></li></ul></div>",
        '<div id="detail_bullets_id"><ul><li><b>Product Dimensions:</b> 10 x 8 x 3 cm</li></ul></div>',
        '<div id="prodDetails"><table><tr><td>Produktabmessungen</td><td>10 x 8 x 3 cm</td></tr></table></div>',
    ],
)
def test_size_is_found_in_tables_and_lists_old_and_new(block: str) -> None:
    assert product(block).dimensions_mm == (Decimal(100), Decimal(80), Decimal(30))


@pytest.mark.parametrize(
    ("label", "value", "ranks"),
    [
        (
            "Best Sellers Rank",
            "#16,222 in Kitchen (See Top 100 in Kitchen) #24 in Centrifugal Juicers",
            (Rank(16222, "Kitchen"), Rank(24, "Centrifugal Juicers")),
        ),
        (
            "Amazon Bestseller-Rang",
            "Nr. 1.234.207 in Küche (Siehe Top 100 in Küche) Nr. 1.345 in Hussen",
            (Rank(1234207, "Küche"), Rank(1345, "Hussen")),
        ),
        (
            "Clasificación en los más vendidos de Amazon",
            "nº1.643 en Hogar y cocina (Ver el Top 100) nº2 en Robots",
            (Rank(1643, "Hogar y cocina"), Rank(2, "Robots")),
        ),
        (
            "Amazon 売れ筋ランキング",
            "ゲーム - 12位 (ゲームの売れ筋ランキングを見る) - 3位Nintendo Switch本体",
            (Rank(12, "ゲーム"), Rank(3, "Nintendo Switch本体")),
        ),
    ],
)
def test_bestseller_ranks_have_place_and_category(label: str, value: str, ranks: tuple[Rank, ...]) -> None:
    assert ranks == product(row(label, value)).bestseller_ranks


# --- content


def test_hidden_bullets_are_not_features() -> None:
    found = product(
        '<div id="feature-bullets"><ul><li id="replacementPartsFitmentBullet">Make sure this fits</li>'
        '<li class="aok-hidden">hidden</li><li style="display: none">hidden</li><li> </li>'
        "<li><span> One \n two </span></li><li>Three</li></ul></div>"
    )
    assert found.features == ("One two", "Three")


def test_link_back_to_results_is_not_a_category() -> None:
    back = '<ul><li><a id="breadcrumb-back-link" href="/s">Back to results</a></li></ul>'
    trail = '<ul><li><a href="/b?node=1">Kitchen</a></li><li>›</li><li><a href="/b?node=2">Juicers</a></li></ul>'
    assert product(f'<div id="wayfinding-breadcrumbs_feature_div">{back}</div>').categories == ()
    found = product(f'<div id="wayfinding-breadcrumbs_feature_div">{trail}</div>')
    assert found.categories == ("Kitchen", "Juicers")


def test_chosen_variation_is_named_by_dimension() -> None:
    old = '<div id="variation_color_name"><label>Color:</label><span class="selection"> Black </span></div>'
    new = '<span id="inline-twister-expanded-dimension-text-size_name">2 Inches</span>'
    assert dict(product(old).variation) == {"color_name": "Black"}
    assert dict(product(new).variation) == {"size_name": "2 Inches"}


def test_choices_written_out_and_from_menus_are_told_together() -> None:
    written = '<div id="variation_color_name"><span class="selection"> Black </span></div>'
    menu = '<div id="variation_size_name"><select><option>S</option><option selected>Large</option></select></div>'
    assert dict(product(written, menu).variation) == {"color_name": "Black", "size_name": "Large"}


def test_description_is_clean_text_without_scripts() -> None:
    found = product('<div id="productDescription"><p>Nice\n thing.</p><script>var x = 1;</script></div>')
    assert found.description == "Nice thing."


# --- pictures


def test_pictures_come_largest_first_from_the_embedded_data() -> None:
    script = (
        '<script>var data = {\'colorImages\': { \'initial\': [{"hiRes":"%s/AA._SL1500_.jpg","large":"%s/AA.jpg"},'
        '{"hiRes":null,"large":"%s/BB._SX300_.jpg","main":{"%s/BB._SX400_.jpg":[400,400],"%s/BB._SX600_.jpg":[600,600]}}]},'
        "'colorToAsin': {}}</script>"
    ) % ((PICTURES,) * 5)
    assert product(script).images == (f"{PICTURES}/AA._SL1500_.jpg", f"{PICTURES}/BB._SX600_.jpg")


def test_pictures_without_data_come_from_the_elements() -> None:
    found = product(
        '<img id="landingImage" src="data:image/jpeg;base64,xyz" data-old-hires="" '
        f'data-a-dynamic-image=\'{{"{PICTURES}/AA._SX200_.jpg":[200,200],"{PICTURES}/AA._SX500_.jpg":[500,500]}}\'>',
        f'<div id="altImages"><ul><li><img src="{PICTURES}/AA._SS40_.jpg"></li>'
        f'<li><img src="{PICTURES}/BB._SS40_.jpg"></li>'
        f'<li class="videoThumbnail"><img class="video" src="{PICTURES}/VV._SS40_.jpg"></li>'
        '<li><img src="https://m.media-amazon.com/images/G/01/pixel.gif"></li></ul></div>',
    )
    assert found.images == (f"{PICTURES}/AA._SX500_.jpg", f"{PICTURES}/BB.jpg")


def test_local_files_of_saved_pages_are_not_pictures() -> None:
    assert product('<img id="landingImage" src="./page_files/61x.jpg">').images == ()


# --- offer


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("In Stock.", Availability.IN_STOCK),
        ("在庫あり。", Availability.IN_STOCK),
        ("Auf Lager.", Availability.IN_STOCK),
        ("En stock", Availability.IN_STOCK),
        ("Disponibilità immediata", Availability.IN_STOCK),
        ("Em estoque.", Availability.IN_STOCK),
        ("Usually ships within 5 to 6 days", Availability.IN_STOCK),
        ("متوفر", Availability.IN_STOCK),
        ("Only 4 left in stock (more on the way).", Availability.LOW_STOCK),
        ("残り11点 ご注文はお早めに", Availability.LOW_STOCK),
        ("Nur noch 2 auf Lager (mehr ist unterwegs).", Availability.LOW_STOCK),
        ("Sólo queda(n) 3 en stock.", Availability.LOW_STOCK),
        ("Il ne reste plus que 3 exemplaire(s) en stock.", Availability.LOW_STOCK),
        ("Currently unavailable. We don't know when or if this item will be back in stock.", Availability.UNAVAILABLE),
        ("Temporarily out of stock. We are working hard to be back in stock.", Availability.UNAVAILABLE),
        ("現在在庫切れです。この商品の再入荷予定は立っておりません。", Availability.UNAVAILABLE),
        ("Derzeit nicht verfügbar.", Availability.UNAVAILABLE),
        ("Actuellement indisponible.", Availability.UNAVAILABLE),
        ("Não disponível.", Availability.UNAVAILABLE),
        ("غير متوفر حالياً.", Availability.UNAVAILABLE),
        ("Temporarily out of stock. Order now and we'll deliver when available.", Availability.BACKORDER),
        ("Usually ships within 1 to 2 months.", Availability.BACKORDER),
        ("通常1～2か月以内に発送します。", Availability.BACKORDER),
        ("This title will be released on March 3.", Availability.PREORDER),
        ("この商品の発売予定日は2026年3月3日です。 予約受付中", Availability.PREORDER),
        ("Noch nicht erschienen. Jetzt vorbestellen", Availability.PREORDER),
        ("Questo articolo sarà disponibile il 5 marzo 2027. Prenotalo ora.", Availability.PREORDER),
        ("Finns i lager den 5 mars 2027", Availability.BACKORDER),
        ("5 Mart 2027 tarihinde stokta olacak", Availability.BACKORDER),
        ("Envío en un plazo de 3 a 4 días", Availability.IN_STOCK),
        ("Spedizione in 2-3 giorni", Availability.IN_STOCK),
        ("Envio em até 2 dias úteis.", Availability.IN_STOCK),
        ("出品者からお求めいただけます。", Availability.IN_STOCK),
        ("Ask the oracle", Availability.UNKNOWN),
    ],
)
def test_availability_is_understood_in_every_language(text: str, state: Availability) -> None:
    found = product(f'<div id="availability"><span> {text} </span></div>')
    assert (state, text) == (found.availability, found.availability_text)


def test_availability_is_the_first_line_of_its_box() -> None:
    block = '<div id="availability"><span>在庫あり。</span><span>Kindle版は今すぐお読みいただけます。</span></div>'
    assert product(block).availability_text == "在庫あり。"


def test_availability_of_a_used_row_is_not_the_items() -> None:
    found = product('<div id="usedAccordionRow"><div id="availability"><span>Only 1 left</span></div></div>')
    assert (found.availability, found.availability_text) == (Availability.UNKNOWN, None)


@pytest.mark.parametrize(
    ("block", "seller"),
    [
        ('<a id="sellerProfileTriggerId">EGKStore</a>', "EGKStore"),
        ('<div id="merchant-info">Ships from and sold by Amazon.co.jp.</div>', "Amazon.co.jp"),
        ('<div id="merchant-info">Sold by IFixit and Fulfilled by Amazon.</div>', "IFixit"),
        ('<div id="merchant-info">Dispatched from and sold by Amazon. Gift-wrap available.</div>', "Amazon"),
        ('<div id="merchant-info">この商品は、Amazon.co.jp が販売、発送します。</div>', "Amazon.co.jp"),
        ('<div id="merchant-info">Verkauf und Versand durch Weisser Berg. Impressum</div>', "Weisser Berg"),
        ('<div id="merchant-info">Expédié et vendu par Weisser Berg.</div>', "Weisser Berg"),
        ('<div id="merchant-info">Vendido por Acme y gestionado por Amazon.</div>', "Acme"),
        ('<div id="tabular-buybox"><span class="tabular-buybox-text" tabular-attribute-name="Ships from">Amazon</span>'
         '<span class="tabular-buybox-text" tabular-attribute-name="Sold by">Acme</span></div>', "Acme"),
        ('<div id="merchant-info">Gift-wrap available.</div>', None),
    ],
)  # fmt: skip
def test_seller_is_who_sells_not_who_ships(block: str, seller: str | None) -> None:
    assert product(block).seller == seller


# --- the page as a whole


def test_page_without_anything_has_no_guesses() -> None:
    document = product().as_document()
    known = {name for name, value in document.items() if value not in (None, [], {})}
    assert known == {"asin", "title", "availability"}


def test_document_holds_plain_values_only() -> None:
    found = parse(
        page('<b id="priceblock_ourprice">$1,290.50</b>', row("Item Weight", "2 kg")), url="https://amazon.com/"
    )
    assert found.product is not None
    document = found.product.as_document()
    assert (document["price"], document["weight_g"], document["availability"]) == ("1290.50", "2000", "unknown")


def test_trace_names_the_rule_that_answered() -> None:
    found = parse(page('<b id="priceblock_ourprice">$9.50</b>'), url="https://www.amazon.com/dp/B07WXL5YPW")
    assert dict(found.trace) == {"asin": "form", "title": "desktop", "price": "our-price", "currency": "our-price"}


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "utf-16", "utf-8-sig"])
def test_page_is_read_in_the_encoding_it_declares(encoding: str) -> None:
    text = page(title="任天堂の商品").decode().replace("<head>", f'<head><meta charset="{encoding}">')
    found = parse(text.encode(encoding), url="https://www.amazon.co.jp/dp/B07WXL5YPW")
    assert found.product is not None
    assert found.product.title == "任天堂の商品"


def test_header_tells_the_encoding_where_the_page_does_not() -> None:
    body = page(title="Größe").decode().encode("latin-1")
    found = parse(body, url="https://www.amazon.de/dp/B07WXL5YPW", content_type="text/html; charset=ISO-8859-1")
    assert found.product is not None
    assert found.product.title == "Größe"


def test_brand_of_a_store_with_a_logo() -> None:
    links = '<a class="a-text-bold" href="/stores/x">Fuji Works</a><a href="/stores/x">Visit the Store</a>'
    assert product(f'<div id="amznStoresBylineLogoTextContainer">{links}</div>').brand == "Fuji Works"


@pytest.mark.parametrize("quote", ["'", '"'])
def test_pictures_of_a_script_in_either_quotes(quote: str) -> None:
    url = "https://m.media-amazon.com/images/I/AAA._AC_SL1500_.jpg"
    script = '<script>{q}colorImages{q}: {{}}; {q}colorImages{q}: {{ {q}initial{q}: [{{"hiRes": "{url}"}}]}}</script>'
    assert product(script.format(q=quote, url=url)).images == (url,)
