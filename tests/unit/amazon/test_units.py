"""Weights and sizes with their units."""

from decimal import Decimal

import pytest

from shared.amazon.pages.units import grams, millimetres


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("50 g", ".", "50"),
        ("118 Gramm", ",", "118"),
        ("4,72 Kg", ",", "4720"),
        ("1.51 kg", ".", "1510"),
        ("3.94 Quilogramas", ",", "3940"),
        ("1.86 Kilograms", ".", "1860"),
        ("1,6 kilogramos", ",", "1600"),
        ("1.2 Pounds", ".", "544.311"),
        ("2 pounds 3 ounces", ".", "992.233"),
        ("0.01 ounces", ".", "0.283"),
        ("250 グラム", ".", "250"),
        ("1.5 キログラム", ".", "1500"),
        ("300 克", ".", "300"),
        ("1.2 公斤", ".", "1200"),
        ("٢٫٥ كيلوجرام", ".", "2500"),
        ("8.4 x 7.8 x 3.9 cm; 50 g", ".", "50"),
        ("10 x 8 x 3 cm ; 118 g", ",", "118"),
        ("1.6 ounces (View shipping rates and policies)", ".", "45.359"),
        ("1.03 pounds (466 grams)", ".", "467.2"),
        ("466 g Wi-Fi; 520 g Cellular", ".", None),
        ("1.2", ".", None),
        ("10 x 8 x 3 cm", ".", None),
        ("0 g", ".", None),
        ("5 GB", ".", None),
    ],
)
def test_weight_is_read_in_grams(text: str, mark: str, expected: str | None) -> None:
    assert (Decimal(expected) if expected else None) == grams(text, mark)


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("8.4 x 7.8 x 3.9 cm; 50 g", ".", ("84", "78", "39")),
        ("13,8 x 23 x 30 cm; 1,6 kg", ",", ("138", "230", "300")),
        ("4.5 x 3.2 x 1.2 inches", ".", ("114.3", "81.28", "30.48")),
        ('55.51"L x 14.57"W', ".", ("1409.954", "370.078")),
        ("15D x 17W x 31H centimeters", ".", ("150", "170", "310")),
        ("長さ30 x 幅20 x 高さ10 cm", ".", ("300", "200", "100")),
        ("85 × 36 × 76 mm", ".", ("85", "36", "76")),
        ("L x W x H 10 x 8 x 3 cm", ".", ("100", "80", "30")),
        ("10 cm x 20 mm x 1 m", ".", ("100", "20", "1000")),
        ("85×36×76", ".", None),
        ("Medium", ".", None),
        ("10個 (x 1)", ".", None),
        ("10 x 0 x 3 cm", ".", None),
    ],
)
def test_size_is_read_in_millimetres(text: str, mark: str, expected: tuple[str, ...] | None) -> None:
    assert (tuple(map(Decimal, expected)) if expected else None) == millimetres(text, mark)
