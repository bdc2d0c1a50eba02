"""What measures without servers gives results of the shape that its page says."""

from __future__ import annotations

import os

import psutil

from bench import machine, parts
from bench.meter import Meter
from bench.parse.pages import URL
from bench.parse.part import measured
from bench.pipeline.limit_program import copies
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.render.product import render_product


def test_reading_a_page_gives_a_result_of_its_shape() -> None:
    body = render_product(facts_for("www.amazon.co.jp", URL.rpartition("/")[2])).encode()
    result = measured(body, URL, runs=2, loop_seconds=0.05)
    assert parts.checked("parse", result) == result


def test_the_meter_reads_a_process_and_its_children() -> None:
    meter = Meter({"worker": [os.getpid()], "broker": [2**22 + 1]})
    assert meter.cpu_seconds()["worker"] > 0
    assert meter.cpu_seconds()["broker"] == 0
    assert meter.resident_megabytes("worker")[0] >= psutil.Process().memory_info().rss / 2e6


def test_the_machine_is_described() -> None:
    told = machine.machine()
    assert list(told) == ["CPU", "cores", "memory", "system", "kernel"]
    assert "" not in told.values()


def test_copies_of_a_document_are_apart_and_as_large() -> None:
    document = {"_id": "u" * 40, "job_id": "j" * 32, "seq": 7, "asin": "B000000007", "title": "A"}
    made = copies(document, "job-1", range(3))
    assert len({each["_id"] for each in made}) == 3
    assert {len(each["_id"]) for each in made} == {40}
    assert [each["asin"] for each in made] == ["B000000000", "B000000001", "B000000002"]
    assert {each["title"] for each in made} == {"A"}
