from collections import Counter

import pytest

from deploy.local.storefront.faults import KINDS, FaultPlan, Faults, parse_plan


def faults_of(body):
    faults = Faults()
    faults.install(parse_plan(body))
    return faults


def test_no_plan_means_no_fault():
    faults = Faults()

    assert {faults.draw("amazon.co.jp", "/dp/B07WXL5YPW") for _ in range(100)} == {None}


def test_each_kind_gets_its_share():
    faults = faults_of(b'{"captcha": 0.1, "503": 0.05, "429": 0.2, "slow": 0.1, "reset": 0.05}')

    drawn = Counter(faults.draw("amazon.co.jp", "/s") for _ in range(20_000))

    assert set(drawn) == {None, "captcha", "503", "429", "slow", "reset"}
    assert drawn["captcha"] / 20_000 == pytest.approx(0.1, abs=0.01)
    assert drawn["429"] / 20_000 == pytest.approx(0.2, abs=0.015)
    assert drawn[None] / 20_000 == pytest.approx(0.5, abs=0.015)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_share_hits_every_request(kind):
    faults = faults_of(f'{{"{kind}": 1}}'.encode())

    assert {faults.draw("amazon.com", "/") for _ in range(200)} == {kind}


def test_equal_plans_draw_equal_faults():
    body = b'{"captcha": 0.3, "404": 0.3, "seed": 7}'

    first, second = ([faults_of(body).draw("amazon.com", "/") for _ in range(50)] for _ in range(2))

    assert first == second


def test_hosts_and_paths_narrow_a_plan():
    faults = faults_of(b'{"503": 1, "hosts": ["www.amazon.de"], "paths": "^/dp/"}')

    assert faults.draw("amazon.de", "/dp/B07WXL5YPW") == "503"
    assert faults.draw("amazon.de", "/s?k=x") is None
    assert faults.draw("amazon.com", "/dp/B07WXL5YPW") is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"503": 1.5}', "503: .*less than or equal to 1"),
        (b'{"captcha": -0.1}', "captcha: .*greater than or equal to 0"),
        (b'{"captha": 0.1}', "captha: .*not permitted"),
        (b'{"captcha": 0.7, "slow": 0.7}', "add up to 1.4"),
        (b'{"paths": "("}', "paths: .*not a regular expression"),
        (b'{"hosts": ["shop.example"]}', "hosts: .*shop.example"),
        (b'{"slow_seconds": "long"}', "slow_seconds"),
        (b"[]", "plan: "),
        (b"{", "plan: .*JSON"),
    ],
)
def test_bad_plans_are_refused_with_the_field_named(body, message):
    with pytest.raises(ValueError, match=message):
        parse_plan(body)


def test_all_problems_of_a_plan_are_named_at_once():
    with pytest.raises(ValueError, match=r"503: .*; colour: "):
        parse_plan(b'{"503": 2, "colour": 1}')


def test_the_names_of_a_plan_are_those_of_its_json():
    assert set(FaultPlan.model_validate({}).shares()) == set(KINDS)
