"""Profit cases worked out by hand; the working stands beside each.

Unless a case says otherwise: 1,000 JPY, 500 g, economy (9 P = 900 JPY), daily necessities (fee 7.8 %), target 10 %,
1 JPY = 9.3 KRW, nothing for shipping in Japan or Korea nor for packaging. So

    cost = (1000 + 900) × 9.3 = 17,670;  17670 / (1 − 0.10 − 0.078) = 17670 / 0.822 = 21,496.35… → 21,500
    fee = 21500 × 0.078 = 1,677;  profit = 21500 − 17670 − 1677 = 2,153;  margin = 2153 / 21500 = 10.0139… → 10.01 %

Shown KRW are rounded to whole won (halves away from zero), shown margins down to two places.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.profit.cases import analysed

PLAIN = (17670, 21500, 2153, "10.01")

# What differs from the plain case, then: cost, recommended price, profit and margin at the recommended price.
RECOMMENDED: list[tuple[dict[str, Any], tuple[int, int, int, str]]] = [
    # 1. The plain case, as worked out above.
    ({}, PLAIN),
    # 2. Premium, first step 8.50 P = 850: 1850 × 9.3 = 17,205; / 0.822 = 20,930.66 → 21,000; fee 1,638;
    #    profit 2,157; / 21000 = 10.2714 %
    ({"shipping_tier": "premium"}, (17205, 21000, 2157, "10.27")),
    # 3. One gram is a whole step, as 500 g.
    ({"weight_g": 1}, PLAIN),
    # 4. 499.5 g are one step.
    ({"weight_g": "499.5"}, PLAIN),
    # 5. 500.1 g are two steps, 10 P = 1000: 2000 × 9.3 = 18,600; / 0.822 = 22,627.74 → 22,700; fee 1,770.6;
    #    profit 2,329.4; / 22700 = 10.2616 %
    ({"weight_g": "500.1"}, (18600, 22700, 2329, "10.26")),
    # 6. 1,000 g are exactly two steps, as case 5.
    ({"weight_g": 1000}, (18600, 22700, 2329, "10.26")),
    # 7. Premium at 1,001 g: three steps, 8.5 + 2 = 10.5 P = 1050: 2050 × 9.3 = 19,065; / 0.822 = 23,193.43 → 23,200;
    #    fee 1,809.6; profit 2,325.4; / 23200 = 10.0232 %
    ({"weight_g": 1001, "shipping_tier": "premium"}, (19065, 23200, 2325, "10.02")),
    # 8. 70 kg, the last step: 9 + 139 = 148 P = 14,800: 15800 × 9.3 = 146,940; / 0.822 = 178,759.12 → 178,800;
    #    fee 13,946.4; profit 17,913.6; / 178800 = 10.0187 %
    ({"weight_g": 70000}, (146940, 178800, 17914, "10.01")),
    # 9. Unknown weight: 500 g are assumed.
    ({"weight_g": None}, PLAIN),
    # 10. Nothing to round: (1100 + 900) × 8 = 16,000; fee 10 %: / 0.8 = 20,000 exactly; fee 2,000; profit 2,000; 10 %
    ({"price": 1100, "rate": "8", "category": "automotive"}, (16000, 20000, 2000, "10.00")),
    # 11. One won more: 16,001 / 0.8 = 20,001.25 → 20,100; fee 2,010; profit 2,089; / 20100 = 10.3930 %
    ({"price": 1100, "rate": "8", "category": "automotive", "packaging_krw": 1}, (16001, 20100, 2089, "10.39")),
    # 12. A hundredth of a won more already moves the price: 20,000.0125 → 20,100; profit 20100 − 16000.01 − 2010 =
    #     2,089.99 → 2,090; / 20100 = 10.3979 %
    (
        {"price": 1100, "rate": "8", "category": "automotive", "korea_shipping_krw": "0.01"},
        (16000, 20100, 2090, "10.39"),
    ),
    # 13. Least target: 17670 / 0.872 = 20,263.76 → 20,300; fee 1,583.4; profit 1,046.6; / 20300 = 5.1556 %
    ({"target_margin": 5}, (17670, 20300, 1047, "5.15")),
    # 14. Greatest target: 17670 / 0.422 = 41,872.04 → 41,900; fee 3,268.2; profit 20,961.8; / 41900 = 50.0281 %
    ({"target_margin": 50}, (17670, 41900, 20962, "50.02")),
    # 15. Target 12.34: 17670 / 0.7986 = 22,126.22 → 22,200; fee 1,731.6; profit 2,798.4; / 22200 = 12.6054 %
    ({"target_margin": "12.34"}, (17670, 22200, 2798, "12.60")),
    # 16. Electronics 7.8 %: as the plain case.
    ({"category": "electronics"}, PLAIN),
    # 17. Computers 5 %: / 0.85 = 20,788.24 → 20,800; fee 1,040; profit 2,090; / 20800 = 10.0480 %
    ({"category": "computers"}, (17670, 20800, 2090, "10.04")),
    # 18. Tablets 5 %: as computers.
    ({"category": "tablets"}, (17670, 20800, 2090, "10.04")),
    # 19. Keyboards and mice 6.5 %: / 0.835 = 21,161.68 → 21,200; fee 1,378; profit 2,152; / 21200 = 10.1509 %
    ({"category": "keyboards_mice"}, (17670, 21200, 2152, "10.15")),
    # 20. Cameras 5.8 %: / 0.842 = 20,985.75 → 21,000; fee 1,218; profit 2,112; / 21000 = 10.0571 %
    ({"category": "cameras"}, (17670, 21000, 2112, "10.05")),
    # 21. Televisions 5.8 %: as cameras.
    ({"category": "tvs"}, (17670, 21000, 2112, "10.05")),
    # 22. Games 6.8 %: / 0.832 = 21,237.98 → 21,300; fee 1,448.4; profit 2,181.6; / 21300 = 10.2422 %
    ({"category": "games"}, (17670, 21300, 2182, "10.24")),
    # 23. Monitors 4.5 %: / 0.855 = 20,666.67 → 20,700; fee 931.5; profit 2,098.5 → 2,099; / 20700 = 10.1376 %
    ({"category": "monitors"}, (17670, 20700, 2099, "10.13")),
    # 24. Beauty 9.6 %: / 0.804 = 21,977.61 → 22,000; fee 2,112; profit 2,218; / 22000 = 10.0818 %
    ({"category": "beauty"}, (17670, 22000, 2218, "10.08")),
    # 25. Toys and hobbies 10.8 %: / 0.792 = 22,310.61 → 22,400; fee 2,419.2; profit 2,310.8; / 22400 = 10.3160 %
    ({"category": "toys_hobbies"}, (17670, 22400, 2311, "10.31")),
    # 26. Radio-controlled toys 7.8 %: as the plain case.
    ({"category": "rc_toys"}, PLAIN),
    # 27. Figures 10.8 %: as toys.
    ({"category": "figures"}, (17670, 22400, 2311, "10.31")),
    # 28. Fashion 10.5 %: / 0.795 = 22,226.42 → 22,300; fee 2,341.5; profit 2,288.5 → 2,289; / 22300 = 10.2623 %
    ({"category": "fashion"}, (17670, 22300, 2289, "10.26")),
    # 29. Food 10.6 %: / 0.794 = 22,254.41 → 22,300; fee 2,363.8; profit 2,266.2; / 22300 = 10.1623 %
    ({"category": "food"}, (17670, 22300, 2266, "10.16")),
    # 30. Books 10.8 %: as toys.
    ({"category": "books"}, (17670, 22400, 2311, "10.31")),
    # 31. Sports 10.8 %: as toys.
    ({"category": "sports"}, (17670, 22400, 2311, "10.31")),
    # 32. Automotive 10 %: / 0.8 = 22,087.5 → 22,100; fee 2,210; profit 2,220; / 22100 = 10.0452 %
    ({"category": "automotive"}, (17670, 22100, 2220, "10.04")),
    # 33. Baby 10 %: as automotive.
    ({"category": "baby"}, (17670, 22100, 2220, "10.04")),
    # 34. Every part of the cost: 750 g are two steps; (3000 + 500 + 1000) × 9.3 + 3000 + 500 = 45,350; target 15 %,
    #     fee 10.8 %: / 0.742 = 61,118.60 → 61,200; fee 6,609.6; profit 9,240.4; / 61200 = 15.0986 %
    (
        {
            "price": 3000,
            "weight_g": 750,
            "category": "toys_hobbies",
            "target_margin": 15,
            "japan_shipping_jpy": 500,
            "korea_shipping_krw": 3000,
            "packaging_krw": 500,
        },
        (45350, 61200, 9240, "15.09"),
    ),
    # 35. Cost with a fraction: 1,234 g are three steps, 11 P = 1100; (3980 + 1100) × 9.3127 + 2500 = 49,808.516;
    #     / 0.822 = 60,594.30 → 60,600; fee 4,726.8; profit 6,064.684; / 60600 = 10.0077 %
    (
        {"price": 3980, "weight_g": 1234, "korea_shipping_krw": 2500, "rate": "9.3127"},
        (49809, 60600, 6065, "10.00"),
    ),
    # 36. Half a won is shown as one: (1001 + 900) × 8.5 = 16,158.5 → 16,159; / 0.822 = 19,657.54 → 19,700; fee 1,536.6;
    #     profit 2,004.9; / 19700 = 10.1771 %
    ({"price": 1001, "rate": "8.5"}, (16159, 19700, 2005, "10.17")),
    # 37. One yen: 901 × 9.3 = 8,379.3; / 0.822 = 10,193.80 → 10,200; fee 795.6; profit 1,025.1; / 10200 = 10.05 %
    ({"price": 1}, (8379, 10200, 1025, "10.05")),
    # 38. A million yen, 20 kg, premium: 40 steps, 8.5 + 39 = 47.5 P = 4750; 1004750 × 9.3 = 9,344,175;
    #     / 0.822 = 11,367,609.49 → 11,367,700; fee 886,680.6; profit 1,136,844.4; / 11367700 = 10.0006 %
    (
        {"price": 1_000_000, "weight_g": 20000, "shipping_tier": "premium"},
        (9344175, 11367700, 1136844, "10.00"),
    ),
]

# Case 10 (cost 16,000, fee 10 %, target 10 %) sold at a given price: profit, margin, is it profitable?
SOLD: list[tuple[int, int, str, bool]] = [
    # 39. Exactly the target: fee 2,000; profit 2,000; 10 %
    (20000, 2000, "10.00", True),
    # 40. One won less: fee 1,999.9; profit 1,999.1; / 19999 = 9.99599… %, which must not be shown as 10.00
    (19999, 1999, "9.99", False),
    # 41. Well above: fee 2,500; profit 6,500; / 25000 = 26 %
    (25000, 6500, "26.00", True),
    # 42. Nothing left: 17,777.8 is where profit is 0; at 17,778: fee 1,777.8; profit 0.2; / 17778 = 0.0011 %
    (17778, 0, "0.00", False),
    # 43. At a loss: fee 1,500; profit −2,500; / 15000 = −16.6666… %, rounded down
    (15000, -2500, "-16.67", False),
]

# (1 JPY = 10 KRW, 500 g: international 9,000 KRW.) What differs, then: exempt?, duty, VAT, together.
DUTY: list[tuple[dict[str, Any], tuple[bool, int, int, int]]] = [
    # 44. Goods of exactly 200,000 KRW are exempt; international shipping does not count towards it.
    ({"price": 20000}, (True, 0, 0, 0)),
    # 45. The same with the heaviest parcel.
    ({"price": 20000, "weight_g": 70000}, (True, 0, 0, 0)),
    # 46. Goods 200,010; dutiable 209,010; 8 % = 16,720.8; VAT (209010 + 16720.8) × 0.1 = 22,573.08; 39,293.88
    ({"price": 20001}, (False, 16721, 22573, 39294)),
    # 47. Carriage within Japan counts: 19000 + 1001 JPY are the same goods value.
    ({"price": 19000, "japan_shipping_jpy": 1001}, (False, 16721, 22573, 39294)),
    # 48. Fashion 13 %: 27,171.3; VAT 23,618.13; 50,789.43
    ({"price": 20001, "category": "fashion"}, (False, 27171, 23618, 50789)),
    # 49. Food 30 %: 62,703; VAT 27,171.3; 89,874.3
    ({"price": 20001, "category": "food"}, (False, 62703, 27171, 89874)),
    # 50. Books: no duty; VAT 20,901
    ({"price": 20001, "category": "books"}, (False, 0, 20901, 20901)),
]


@pytest.mark.parametrize(("given", "expected"), RECOMMENDED)
def test_recommended_price_is_as_worked_out(given: dict[str, Any], expected: tuple[int, int, int, str]) -> None:
    found = analysed(**given)

    assert found.at_recommended is not None
    assert expected == (
        found.cost_krw,
        found.recommended_price_krw,
        found.at_recommended.profit_krw,
        f"{found.at_recommended.margin_percent}",
    )
    assert found.is_profitable is True


@pytest.mark.parametrize(("price", "profit", "margin", "profitable"), SOLD)
def test_given_price_is_judged_as_worked_out(price: int, profit: int, margin: str, profitable: bool) -> None:
    found = analysed(price=1100, rate="8", category="automotive", sell=price)

    assert (profit, Decimal(margin), profitable) == (found.profit_krw, found.margin_percent, found.is_profitable)
    assert found.recommended_price_krw == 20000


@pytest.mark.parametrize(("given", "expected"), DUTY)
def test_buyers_duty_is_as_worked_out(given: dict[str, Any], expected: tuple[bool, int, int, int]) -> None:
    duty = analysed(rate="10", **given).duty

    assert duty is not None
    assert expected == (duty.exempt, duty.duty_krw, duty.vat_krw, duty.total_krw)
