"""One word, written in any width."""

import unicodedata

import pytest

from services.api.widths import spellings, usual


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("ポケモン", {"ﾎﾟｹﾓﾝ"}),
        ("ﾎﾟｹﾓﾝ", {"ポケモン"}),
        ("ゲームボーイ", {"ｹﾞｰﾑﾎﾞｰｲ"}),
        ("PS5", {"ＰＳ５"}),
        ("ＰＳ５", {"PS5"}),
        ("ミニ四駆", {"ﾐﾆ四駆"}),
        ("玩具", set()),
    ],
)
def test_word_is_looked_for_in_every_width(word: str, others: set[str]) -> None:
    assert {word, *others} == set(spellings(word))


def test_all_spellings_mean_the_same() -> None:
    for word in ("ガギグゲゴパピプペポヴーｦ、。", "a-Z_9~", "é"):
        assert {usual(each) for each in spellings(word)} == {unicodedata.normalize("NFKC", word)}
