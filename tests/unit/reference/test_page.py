"""The HTTP interface as a page: all of it, with links that lead somewhere, and nothing that the policy forbids."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import httpx
import pytest

from deploy.reference import openapi
from services.api.reference import html, markdown
from tests.unit.api.conftest import World

DOCUMENT = openapi.document()


@pytest.fixture(scope="module")
def page() -> str:
    return html.page(DOCUMENT)


def test_every_operation_and_schema_is_told_and_linked_to(page: str) -> None:
    links = set(re.findall(r'href="#([^"]+)"', page))
    for path, methods in DOCUMENT["paths"].items():
        for method in methods:
            name = f"{method.upper()} {path}"
            assert f">{name}</h3>" in unescape(page)
            assert markdown.anchor(name) in links
    for schema in DOCUMENT["components"]["schemas"]:
        assert f">{schema}</h3>" in page


def test_links_lead_somewhere_and_names_are_given_once(page: str) -> None:
    names = Counter(re.findall(r'\bid="([^"]+)"', page))
    assert [name for name, count in names.items() if count > 1] == []
    assert set(map(unescape, re.findall(r'href="#([^"]+)"', page))) <= names.keys()


def test_nothing_is_inline_or_from_elsewhere(page: str) -> None:
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?! src=\"/ui/)|<img|<iframe", page)
    assert re.findall(r'(?:src|<link[^>]* href)="(?!/ui/)[^"]*"', page) == []


def test_markup_in_a_description_stays_text() -> None:
    operation = {"summary": "<b>x</b>", "description": "<script>alert(1)</script>", "responses": {}}
    document = {"info": {"title": "<i>"}, "paths": {"/x": {"get": operation}}, "components": {"schemas": {}}}
    page = html.page(document)
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert "<i>" not in page


async def test_page_is_served_under_the_policy_and_asked_for_once() -> None:
    async with World().client() as client:
        first = await client.get("/docs")
        again = await client.get("/docs", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in first.headers["content-security-policy"]
    assert (again.status_code, again.content) == (304, b"")


async def test_page_compresses(page: str) -> None:
    async with World().client() as client:
        answer: httpx.Response = await client.get("/docs", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == page
