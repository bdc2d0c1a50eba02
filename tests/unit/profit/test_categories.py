"""Which category breadcrumbs and titles lead to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.profit.categories import CategoryMatch, CategoryTable, classify
from tests.unit.profit.cases import TABLES


def by_breadcrumbs(*nodes: str) -> str:
    return classify(nodes, None, TABLES.categories).category


@pytest.mark.parametrize(
    ("trail", "category"),
    [
        ("家電＆カメラ > カメラ > デジタルカメラ", "cameras"),
        ("家電＆カメラ > オーディオ > イヤホン・ヘッドホン", "electronics"),
        ("家電＆カメラ > テレビ・レコーダー > 液晶テレビ", "tvs"),
        ("パソコン・周辺機器 > ディスプレイ・モニター", "monitors"),
        ("パソコン・周辺機器 > PCアクセサリ・サプライ > キーボード・マウス・入力機器 > マウス", "keyboards_mice"),
        ("パソコン・周辺機器 > 外付けメモリ・ストレージ > USBメモリ", "computers"),
        ("パソコン・周辺機器 > タブレット", "tablets"),
        ("ゲーム > Nintendo Switch > ゲーム機本体", "games"),
        ("ビューティー > スキンケア・ボディケア", "beauty"),
        ("ドラッグストア > 栄養補助食品 > サプリメント・ビタミン", "food"),
        ("おもちゃ > ラジコン > カー", "rc_toys"),
        ("ホビー > フィギュア・ドール > フィギュア", "figures"),
        ("ホビー > プラモデル・模型", "toys_hobbies"),
        ("服＆ファッション小物 > メンズ > トップス", "fashion"),
        ("食品・飲料・お酒 > お菓子", "food"),
        ("本 > 絵本・児童書 > 学習", "books"),
        ("Kindleストア > Kindle本 > 文学・評論", "books"),
        ("ホーム＆キッチン > インテリア > ホームフレグランス > お香", "daily_necessities"),
        ("車＆バイク > カー用品 > 車載ホルダー", "automotive"),
        ("スポーツ＆アウトドア > ゴルフ > シューズ", "sports"),
        ("ベビー＆マタニティ > 食品", "baby"),
        ("가전디지털 > 카메라", "cameras"),
        ("컴퓨터/게임 > 모니터", "monitors"),
        ("뷰티 > 스킨케어", "beauty"),
        ("완구/취미 > 피규어", "figures"),
        ("패션의류 > 신발", "fashion"),
        ("식품 > 커피", "food"),
        ("도서 > 만화책", "books"),
        ("생활용품 > 세제", "daily_necessities"),
        ("자동차용품 > 차량용 충전기", "automotive"),
        ("스포츠/레저 > 캠핑", "sports"),
        ("출산/유아동 > 기저귀", "baby"),
        ("Electronics > Computers & Accessories > Computer Accessories & Peripherals > Memory Cards", "computers"),
        ("Electronics > Televisions & Video > Televisions", "tvs"),
        ("Beauty & Personal Care > Skin Care", "beauty"),
        ("Toys & Games > Remote & App Controlled Vehicles", "rc_toys"),
        ("Clothing, Shoes & Jewelry > Women > Tops", "fashion"),
        ("Grocery & Gourmet Food > Snack Foods", "food"),
        ("Books > Computers & Technology", "books"),
        ("Home & Kitchen > Home Décor Products > Mirrors", "daily_necessities"),
        ("Automotive > Replacement Parts > Switches & Relays", "automotive"),
        ("Sports & Outdoors > Golf", "sports"),
        ("Baby Products > Strollers", "baby"),
        ("Watches > Women > Wrist Watches", "fashion"),
        ("Movies & TV > Blu-ray", "daily_necessities"),
    ],
)
def test_breadcrumbs_lead_to_their_category(trail: str, category: str) -> None:
    assert by_breadcrumbs(*trail.split(" > ")) == category


def test_book_about_computers_stays_a_book() -> None:
    assert by_breadcrumbs("本", "コンピュータ・IT", "プログラミング") == "books"


def test_television_stand_stays_furniture() -> None:
    assert by_breadcrumbs("ホーム＆キッチン", "家具", "テレビ台") == "daily_necessities"


def test_one_letter_name_needs_the_whole_breadcrumb() -> None:
    assert by_breadcrumbs("日本", "スポーツ") == "sports"


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Nintendo Switch 本体 ネオンブルー", "games"),
        ("ソニー デジタルカメラ Cyber-shot", "cameras"),
        ("ガンプラ HG 1/144", "toys_hobbies"),
        ("テレビゲーム用 スタンド", "games"),
        ("SAMSUNG 27인치 게이밍 모니터", "monitors"),
        ("Wireless Mouse for laptops", "keyboards_mice"),
        ("ミッキーマウス ぬいぐるみ", "toys_hobbies"),
        ("マウスウォッシュ 1000ml", "daily_necessities"),
    ],
)
def test_title_serves_where_breadcrumbs_say_nothing(title: str, category: str) -> None:
    found = classify(["ストア", "その他"], title, TABLES.categories)

    assert (found.category, found.source) == (category, "title")


def test_breadcrumbs_count_for_more_than_the_title() -> None:
    assert classify(["本"], "デジタルカメラの教科書", TABLES.categories) == CategoryMatch("books", "breadcrumbs", "本")


@pytest.mark.parametrize("title", [None, "", "何か", "Scarecrow toyota bookshelf"])
def test_unknown_goods_get_the_default(title: str | None) -> None:
    assert classify([], title, TABLES.categories) == CategoryMatch("daily_necessities", "default")


def test_width_case_and_spaces_do_not_matter() -> None:
    trails = (["ＴＯＹＳ ＆ ＧＡＭＥＳ"], ["toys&games"], ["  Toys  &  Games "])

    assert {by_breadcrumbs(*trail) for trail in trails} == {"toys_hobbies"}


def table(**categories: Mapping[str, object]) -> CategoryTable:
    return CategoryTable.model_validate({"default": next(iter(categories)), "categories": categories})


def test_longest_word_wins_whatever_the_order() -> None:
    short, long = {"label": "s", "keywords": ["board"]}, {"label": "l", "keywords": ["board game"]}

    for words in (table(short=short, long=long), table(long=long, short=short)):
        assert classify(["Board Games"], None, words).category == "long"


def test_first_in_the_table_wins_between_equals() -> None:
    words = table(one={"label": "1", "keywords": ["red"]}, two={"label": "2", "keywords": ["box"]})

    assert classify(["red box"], None, words).category == "one"


def test_latin_words_match_whole_with_plural() -> None:
    words = table(rest={"label": "r"}, toys={"label": "t", "keywords": ["toy", "box"]})

    found = [classify([node], None, words).category for node in ("Toys", "Boxes", "Toyota", "Boxing", "a toy car")]

    assert found == ["toys", "toys", "rest", "rest", "toys"]
