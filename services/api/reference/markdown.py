"""The OpenAPI document as Markdown for people who read: `docs/api.md`, and what `/docs` shows. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]

HEAD = """# The HTTP interface

Made from [openapi.json](openapi.json), which the API serves at `/openapi.json`, and shows as this page at `/docs`; any
tool for OpenAPI 3.1 reads it. Everything below but health needs `Authorization: Bearer TOKEN`. `?` marks what may be
left out.

Refusals are problem documents (RFC 9457, [ProblemView](#problemview)) with a stable `code`: 401 without a valid token,
403 without the scope, 404 for what is not there or another user's, 422 for what is not valid, 429 beyond the limits
(`RateLimit`, `Retry-After`), 503 while the database is away.
"""
_METHODS = ("get", "post", "put", "patch", "delete")
# What the framework says where nothing is said.
_UNSAID = "Successful Response"
# What every operation may answer, told once above.
_TOLD = frozenset({"401", "403", "404", "422", "429", "503"})


def page(document: Node) -> str:
    """The page's text."""
    schemas: Mapping[str, Node] = document["components"]["schemas"]
    parts = [HEAD, *_overview(document), "", *_operations(document), "## Schemas", ""]
    for name in sorted(schemas):
        parts += _schema(name, schemas[name])
    return "\n".join(parts).rstrip() + "\n"


def _all(document: Node) -> Iterator[tuple[str, str, Node]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def by_tag(document: Node) -> Mapping[str, list[tuple[str, str, Node]]]:
    """Method, path and declaration of every operation, in the order of the page."""
    found: dict[str, list[tuple[str, str, Node]]] = {}
    for method, path, operation in _all(document):
        found.setdefault((operation.get("tags") or ["health"])[0], []).append((method, path, operation))
    return found


def _overview(document: Node) -> Iterator[str]:
    yield "| operation | does |"
    yield "|---|---|"
    for entries in by_tag(document).values():
        for method, path, operation in entries:
            yield f"| [`{method} {path}`](#{anchor(f'{method} {path}')}) | {_line(operation.get('summary'))} |"


def _operations(document: Node) -> Iterator[str]:
    for tag, entries in by_tag(document).items():
        yield from (f"## Routes: {tag}", "")  # no schema is called so
        for method, path, operation in entries:
            yield from (f"### {method} {path}", "", f"{_line(operation.get('summary'))}.", "")
            if text := str(operation.get("description") or "").strip():
                yield from (text, "")
            yield from _parameters(operation)
            yield from _body(operation)
            yield from _answers(operation)


def _parameters(operation: Node) -> Iterator[str]:
    if not operation.get("parameters"):
        return
    yield from ("| parameter | in | type | meaning |", "|---|---|---|---|")
    for each in operation["parameters"]:
        name = f"`{each['name']}`" + ("" if each.get("required") else "?")
        meaning = each.get("description") or each["schema"].get("description")
        yield f"| {name} | {each['in']} | {_described(each['schema'])} | {_line(meaning)} |"
    yield ""


def _body(operation: Node) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content.get("schema", {})
        text = _line(schema.get("description")) if "$ref" not in schema else ""
        yield from (f"Body, `{media_type}`: {_described(schema)}{f' ({text})' if text else ''}", "")
        examples = {"": {"value": content["example"]}} if "example" in content else content.get("examples", {})
        for example in examples.values():
            yield from _example(example["value"])


def _answers(operation: Node) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        if status in _TOLD:
            continue
        media_types = answer.get("content", {})
        kinds = ", ".join(
            _described(content["schema"]) if name.endswith("json") and content.get("schema") else f"`{name}`"
            for name, content in media_types.items()
        )
        meaning = "" if answer.get("description") == _UNSAID else _line(answer.get("description"))
        yield from (f"**{status}** {': '.join(part for part in (meaning, kinds) if part)}".rstrip(), "")
        for content in media_types.values():
            if "example" in content:
                yield from _example(content["example"])


def _example(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from ("```text", value.rstrip("\n"), "```", "")
    else:
        yield from ("```json", json.dumps(value, ensure_ascii=False, indent=2), "```", "")


def _schema(name: str, schema: Node) -> Iterator[str]:
    yield from (f"### {name}", "")
    if text := schema.get("description"):
        yield from (str(text), "")
    if "properties" not in schema:
        yield from (_described(schema), "")
        return
    required = schema.get("required", ())
    yield from ("| field | type | meaning |", "|---|---|---|")
    for field, described in schema["properties"].items():
        mark = "" if field in required else "?"
        yield f"| `{field}`{mark} | {_described(described)} | {_line(described.get('description'))} |"
    yield ""


def _described(schema: Node) -> str:
    """A type with its limits and default."""
    limits = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    if "default" in schema and schema["default"] is not None:
        limits.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    return _type(schema) + (f" ({', '.join(limits)})" if limits else "")


_LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}


def _type(schema: Node) -> str:
    if reference := schema.get("$ref"):
        name = str(reference).rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_described(option) for option in schema[choice]))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "array":
            return f"list of {_described(schema.get('items', {}))}"
        case "object":
            values = schema.get("additionalProperties")
            return f"object of {_described(values)}" if isinstance(values, dict) else "object"
        case list() as several:
            return " or ".join(several)
        case None:
            return "anything"
        case kind:
            return {"date-time": "moment", "date": "day"}.get(schema.get("format", ""), str(kind))


def _line(text: object) -> str:
    """A text as a cell of a table."""
    return " ".join(str(text or "").split()).replace("|", "\\|").rstrip(".")


def anchor(heading: str) -> str:
    """The name under which a heading is linked to."""
    kept = (char for char in heading.lower() if char.isalnum() or char in " -_")
    return "".join(kept).replace(" ", "-")
