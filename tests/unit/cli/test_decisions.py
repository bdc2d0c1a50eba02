"""What to do with a job's products, and how the system stands: earnings, repricing, pace, services."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.api.responses.profits import PROFIT_EXAMPLE as EARNINGS
from services.api.responses.repricings import PRICED_EXAMPLE as PRICED
from services.api.responses.repricings import REPRICING_EXAMPLE as REPRICING
from tests.unit.cli.conftest import CommandLine, HeldClock
from tests.unit.cli.fake_api import JOB_ID, FakeApi
from tests.unit.cli.test_lists import query
from tests.unit.cli.test_top import LINE

JOB = f"/v1/jobs/{JOB_ID}"


def test_earnings_of_a_job_are_shown(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"{JOB}/profit", EARNINGS)
    assert asinflow.json("profit", "job", JOB_ID, "--best", "3", "--by", "margin") == EARNINGS
    assert query(api.requests[0]) == {"best": "3", "by": "margin"}
    shown = asinflow("profit", "job", JOB_ID).stdout
    assert "profitable\t1\nnot profitable\t1\nat your own prices\t0 of 1\nmedian margin\t8.75 %\n" in shown
    assert "not judged, price_missing\t1\n" in shown
    assert "B07WXL5YPW\tNintendo Switch 本体\t3,000 JPY\t66,220\t6,622\t10\n" in shown


def test_prices_of_a_table_are_given(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("ASIN;Marketplace;Price\nB07WXL5YPW;;45,000\nB0C8TAT96S;amazon.de;\n", encoding="utf-8")
    api.on("POST", "/v1/products/selling-prices", PRICED)
    assert asinflow("profit", "prices", str(table)).stdout == "priced\t1\nprofitable\t1\nnot your products\t1\n"
    assert api.bodies() == [
        {
            "prices": [
                {"marketplace": "amazon.co.jp", "asin": "B07WXL5YPW", "selling_price_krw": 45000},
                {"marketplace": "amazon.de", "asin": "B0C8TAT96S", "selling_price_krw": None},
            ]
        }
    ]
    table.write_text("asin,price\nB07WXL5YPW,cheap\n", encoding="utf-8")
    refused = asinflow("profit", "prices", str(table))
    assert refused.exit_code == 2
    assert "line 2: 'cheap' is no price" in refused.stderr


def test_repricing_can_be_looked_at_before(asinflow: CommandLine, api: FakeApi) -> None:
    after = {**EARNINGS, "profitable": 3, "unprofitable": 0}
    api.on("POST", f"{JOB}/reprice", {"before": EARNINGS, "after": after})
    shown = asinflow("reprice", JOB_ID, "--dry-run", "--margin", "12", "--rate", "jpy=9.2", "--rate", "USD=1380")
    assert "profitable\t1\t3\n" in shown.stdout
    assert "Nothing was stored" in shown.stderr
    assert query(api.requests[0]) == {"dry_run": "true"}
    assert api.bodies() == [{"target_margin": 12.0, "rates": {"JPY": 9.2, "USD": 1380.0}}]


def test_repricing_that_fails_ends_with_1(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"{JOB}/reprice", {**REPRICING, "state": "failed"})
    assert asinflow("reprice", JOB_ID).exit_code == 1


def test_repricing_is_waited_for(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    done = {**REPRICING, "state": "done", "repriced": 4, "completed_at": "2026-11-25T12:00:02Z"}
    api.on("POST", f"{JOB}/reprice", REPRICING)
    api.on("GET", f"{JOB}/reprice", REPRICING, done)
    assert asinflow.json("reprice", JOB_ID) == REPRICING
    assert asinflow.json("reprice", JOB_ID, "--wait") == done
    assert clock.slept == [1.0, 1.0]


@pytest.mark.parametrize("rate", ["9.2", "JPY", "JPY=much"])
def test_rate_that_is_none_is_refused(asinflow: CommandLine, api: FakeApi, rate: str) -> None:
    assert asinflow("reprice", JOB_ID, "--rate", rate).exit_code == 2
    assert api.requests == []


def test_pace_and_services_are_shown(asinflow: CommandLine, api: FakeApi) -> None:
    service = {"name": "collector", "state": "resting", "consumers": 0, "waiting": 7, "leader": None}
    api.on("GET", "/v1/pace", {"items": [LINE]})
    api.on("GET", "/v1/services", {"items": [service]})
    assert asinflow.json("pace") == [LINE]
    assert asinflow("pace").stdout.splitlines()[1].split("\t")[:3] == ["amazon.co.jp", "closed", "2.0 s"]
    assert asinflow.json("services") == [service]
    assert asinflow("services").stdout.splitlines()[1] == "collector\tresting\t0\t7\t"


def test_times_of_a_schedule_are_told_beforehand(asinflow: CommandLine, api: FakeApi) -> None:
    times = {"cron": "0 6 * * *", "timezone": "Asia/Tokyo", "next_runs": ["2026-11-26T06:00:00+09:00"]}
    api.on("GET", "/v1/schedules/times", times)
    assert asinflow("schedules", "times", "0 6 * * *").stdout == "2026-11-26T06:00:00+09:00\n"
    assert asinflow.json("schedules", "times", "0 6 * * *", "--timezone", "Asia/Tokyo") == times
    assert query(api.requests[-1]) == {"cron": "0 6 * * *", "timezone": "Asia/Tokyo"}
