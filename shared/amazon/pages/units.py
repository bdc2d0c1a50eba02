"""Weights and sizes with their units, in the languages of the marketplaces."""

from __future__ import annotations

import re
from decimal import Decimal

from shared.amazon.pages.numbers import measure
from shared.amazon.pages.text import plain

Units = tuple[tuple[str, tuple[str, ...]], ...]

# fmt: off
# How many grams and millimetres a unit has, and the words for it, matched whole and in lower case.
GRAMS: Units = (
    ("1", (
        "g gr grs gram grams gramm gramme grammes gramo gramos grammo grammi grama gramas gramy gramów",
        "グラム 克 公克 جرام غرام جرامات غرامات ग्राम 그램",
    )),
    ("1000", (
        "kg kgs kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos chilogrammo",
        "chilogrammi quilograma quilogramas quilo quilos kilogramy kilogramów キログラム キロ 千克 公斤",
        "كيلوجرام كيلو كجم كيلوغرام كيلوجرامات كيلوغرامات किलोग्राम किग्रा 킬로그램",
    )),
    ("0.001", (
        "mg milligram milligrams milligramm milligramme milligrammes miligramo miligramos milligrammo",
        "milligrammi miligrama miligramas ミリグラム 毫克",
    )),
    ("28.349523125", (
        "oz ounce ounces unze unzen once onces onza onzas oncia onça onças uncja uncje ons オンス 盎司 أونصة",
    )),
    ("453.59237", (
        "lb lbs pound pounds pfund livre livres libra libras libbra libbre funt funty pond ポンド 磅 رطل",
    )),
    ("1000000", ("tonne tonnes tonnen tonelada toneladas tonnellate tonnellata トン 吨",)),
)
MILLIMETRES: Units = (
    ("1", (
        "mm millimeter millimeters millimetre millimetres millimètre millimètres milímetro milímetros",
        "millimetro millimetri milimetry milimetre ミリメートル ミリ 毫米 公釐 مم مليمتر मिमी मिलीमीटर 밀리미터",
    )),
    ("10", (
        "cm centimeter centimeters centimetre centimetres centimètre centimètres zentimeter centímetro",
        "centímetros centimetro centimetri centymetr centymetry centymetrów santimetre センチメートル センチ",
        "厘米 公分 سم سنتيمتر सेमी सेंटीमीटर 센티미터",
    )),
    ("1000", ("m meter meters metre metres mètre mètres metro metros metri metr metry メートル 米 公尺 متر",)),
    ("25.4", (
        "in inch inches zoll pouce pouces pulgada pulgadas pollice pollici polegada polegadas cal cale tum inç",
        "インチ 英寸 بوصة \" ″ ''",
    )),
    ("304.8", ("ft feet foot pied pieds pie pies fuß piede piedi pé pés フィート 英尺 قدم",)),
)
# fmt: on


def _table(units: Units) -> dict[str, Decimal]:
    return {word.casefold(): Decimal(size) for size, lines in units for line in lines for word in line.split()}


_GRAMS, _MILLIMETRES = _table(GRAMS), _table(MILLIMETRES)
_NUMBER = r"\d(?:[\d.,]*\d)?"
_WEIGHT = re.compile(rf"(?<![\d.,])({_NUMBER})\s?([^\W\d_][^\s\d.,;()]*)")
# Thousands set apart by a space, where nothing stands before that could be another number.
_SPACED = re.compile(r"^(\d{1,3})((?: \d{3})+)(?=\s?[^\W\d_])")
_TIMES = re.compile(r"\s?[x×*✕✖]\s?(?=[^\W\d_]*\s?\d)")
_LENGTH = re.compile(rf"({_NUMBER})(.*)")
_UNIT = re.compile(r"[^\W\d_][^\s\d.,;()\"″']*|[\"″]|''")
_LONGEST = 400


def grams(text: str, decimal_mark: str) -> Decimal | None:
    """The one weight that `text` names, in grams. Two different weights (of two models) make it unknown."""
    printed = _SPACED.sub(lambda found: found[0].replace(" ", ""), plain(text)[:_LONGEST].casefold())
    weights: list[Decimal] = []
    end, larger = -1, Decimal(0)
    for found in _WEIGHT.finditer(printed):
        factor = _GRAMS.get(found[2])
        number = measure(found[1], decimal_mark) if factor is not None else None
        if not number or factor is None:
            continue
        weight = number * factor
        if weight < larger and not printed[end : found.start()].strip():  # 1 kg 200 g, 3 pounds 4 ounces
            weights[-1] += weight
        else:
            weights.append(weight)
        end, larger = found.end(), factor
    if not weights or max(weights) > min(weights) * Decimal("1.03"):
        return None
    return _rounded(weights[0])


def millimetres(text: str, decimal_mark: str) -> tuple[Decimal, ...] | None:
    """The two or three lengths of a size such as 30 x 20 x 1.5 cm or 55"L x 14"W, in the order printed."""
    printed = plain(text)[:_LONGEST].casefold().partition(";")[0]
    found = [length for part in _TIMES.split(printed) if (length := _LENGTH.search(part))]
    numbers = [number for length in found if (number := measure(length[1], decimal_mark))]
    units = [_factor(length[2]) for length in found]
    known = [unit for unit in units if unit is not None]
    if len(numbers) != len(found) or len(numbers) not in {2, 3} or not known:
        return None
    return tuple(_rounded(number * (unit or known[-1])) for number, unit in zip(numbers, units, strict=True))


def _rounded(number: Decimal) -> Decimal:
    """To a thousandth, without trailing zeros."""
    rounded = number.quantize(Decimal("0.001")).normalize()
    return rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(Decimal(1))  # type: ignore[operator]


def _factor(text: str) -> Decimal | None:
    return next((_MILLIMETRES[word] for word in _UNIT.findall(text) if word in _MILLIMETRES), None)
