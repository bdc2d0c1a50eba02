"""Changes of the HTTP interface that break a client are told from those that do not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deploy.reference.__main__ import breaking_section
from deploy.reference.compatibility import breaks

Document = dict[str, Any]

OLD: Document = {
    "paths": {
        "/v1/jobs": {
            "get": {
                "parameters": [{"in": "query", "name": "status", "schema": {"enum": ["A", "B"], "type": "string"}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}},
                    "404": {"content": {}},
                },
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}},
                "responses": {"202": {"content": {}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Page": {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}},
            },
            "Job": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "error": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "parent": {"$ref": "#/components/schemas/Job"},
                },
            },
            "Request": {
                "oneOf": [{"$ref": "#/components/schemas/Bulk"}, {"$ref": "#/components/schemas/Url"}],
            },
            "Bulk": {
                "type": "object",
                "required": ["asins"],
                "properties": {
                    "asins": {"type": "array", "maxItems": 100, "items": {"type": "string"}},
                    "margin": {"type": "number", "minimum": 5},
                },
            },
            "Url": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
        }
    },
}


def changed(change: Callable[[Document, Document], object]) -> list[str]:
    new = copy.deepcopy(OLD)
    change(new["paths"]["/v1/jobs"], new["components"]["schemas"])
    return breaks(OLD, new)


def get(paths: Document) -> Document:
    found: Document = paths["get"]
    return found


BREAKING: dict[str, tuple[Callable[[Document, Document], object], str]] = {
    "method": (lambda paths, _: paths.pop("get"), "GET /v1/jobs: is gone"),
    "status": (lambda paths, _: get(paths)["responses"].pop("200"), "GET /v1/jobs: no longer answers 200"),
    "parameter": (
        lambda paths, _: get(paths)["parameters"].clear(),
        "GET /v1/jobs: takes no query parameter status any more",
    ),
    "needed parameter": (
        lambda paths, _: get(paths)["parameters"].append({"in": "query", "name": "of", "required": True}),
        "GET /v1/jobs: needs the query parameter of",
    ),
    "fewer values": (
        lambda paths, _: get(paths)["parameters"][0]["schema"]["enum"].remove("B"),
        "GET /v1/jobs: status takes fewer values",
    ),
    "member": (lambda _, s: s["Job"]["properties"].pop("id"), "GET /v1/jobs: 200.items[].id is gone"),
    "type": (
        lambda _, s: s["Job"]["properties"].update(id={"type": "integer"}),
        "GET /v1/jobs: 200.items[].id is integer, was string",
    ),
    "optional answer": (lambda _, s: s["Page"]["required"].clear(), "GET /v1/jobs: 200.items may be missing"),
    "null answer": (
        lambda _, s: s["Job"]["properties"].update(id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "GET /v1/jobs: 200.items[].id is null, was string",
    ),
    "needed member": (lambda _, s: s["Bulk"]["required"].append("margin"), "POST /v1/jobs: body.margin is needed"),
    "tighter limit": (
        lambda _, s: s["Bulk"]["properties"]["asins"].update(maxItems=50),
        "POST /v1/jobs: body.asins has a tighter maxItems",
    ),
    "alternative": (lambda _, s: s["Request"]["oneOf"].pop(), "POST /v1/jobs: body.url is gone"),
}
HARMLESS: dict[str, Callable[[Document, Document], object]] = {
    "nothing": lambda paths, _: paths,
    "path": lambda paths, _: paths.update(delete={"responses": {}}),
    "optional parameter": lambda paths, _: get(paths)["parameters"].append({"in": "query", "name": "of"}),
    "more values": lambda paths, _: get(paths)["parameters"][0]["schema"]["enum"].append("C"),
    "member": lambda _, s: s["Job"]["properties"].update(more={"type": "string"}),
    "optional member": lambda _, s: s["Bulk"]["properties"].update(more={"type": "string"}),
    "answer without null": lambda _, s: s["Job"]["properties"].update(error={"type": "string"}),
    "wider limit": lambda _, s: s["Bulk"]["properties"]["margin"].update(minimum=0),
    "no limit": lambda _, s: s["Bulk"]["properties"]["asins"].pop("maxItems"),
    "refusal": lambda paths, _: get(paths)["responses"].pop("404"),
    "alternative": lambda _, s: s["Request"]["oneOf"].append({"type": "object", "properties": {}}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_breaking_change_is_told(name: str) -> None:
    change, told = BREAKING[name]
    assert told in changed(change)


@pytest.mark.parametrize("name", HARMLESS)
def test_compatible_change_is_no_break(name: str) -> None:
    assert changed(HARMLESS[name]) == []


def test_only_the_newest_version_may_break() -> None:
    changelog = "# Changelog\n\n## Unreleased\n### Added\n- x\n\n## 0.1.0\n### Breaking\n- `GET /v1/jobs`: gone\n"
    assert breaking_section(changelog) == ""
    assert "GET /v1/jobs" in breaking_section(
        changelog.replace("### Added", "### Breaking\n- `GET /v1/jobs`\n### Added")
    )
