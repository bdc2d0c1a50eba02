"""docs/messages.md: the AsyncAPI document, for people."""

from __future__ import annotations

from typing import Any

from deploy.reference.asyncapi import document
from deploy.reference.messages import Route, routes

_HEAD = """# Messages

Written by `make docs` from the models (`shared/messages.py`), the topology and the queues of the services; a test fails
when it is not current. The same as an AsyncAPI 3 document: [asyncapi.json](asyncapi.json), served by the API at
`/asyncapi.json`.

All messages are JSON, persistent, confirmed, and sent as `mandatory` where somebody must take them. They come at least
once and in no promised order, so every handler may be told twice. A reader ignores fields that it does not know; what a
newer writer adds is optional, what changes its meaning gets a new version in the type.
"""


def page() -> str:
    """The whole page."""
    whole = document()
    found = routes()
    rows = ["| type | sent by | exchange | taken by |", "|---|---|---|---|", *(_row(route) for route in found)]
    sections = [line for route in found for line in _section(route, whole)]
    return "\n".join([_HEAD, *rows, "", *_headers(whole), *sections])


def _row(route: Route) -> str:
    takers = ", ".join(dict.fromkeys(service for service, _ in route.queues)) or "whoever listens"
    link = f"[`{route.model.TYPE}`](#{route.name.lower()})"
    return f"| {link} | {', '.join(route.senders)} | `{route.exchange.name}` | {takers} |"


def _headers(whole: dict[str, Any]) -> list[str]:
    properties = whole["components"]["messageTraits"]["common"]["headers"]["properties"]
    rows = [f"| `{name}` | {told['description']} |" for name, told in properties.items()]
    return [
        "## Headers",
        "",
        "Beside AMQP's own (`type`, `message_id`, `correlation_id`: the job's id, `timestamp`, `content_type`):",
        "",
        "| header | |",
        "|---|---|",
        *rows,
        "",
    ]


def _section(route: Route, whole: dict[str, Any]) -> list[str]:
    schema = whole["components"]["schemas"][route.name]
    required = schema.get("required", [])
    fields = [
        f"| `{name}` | {_type_of(told)} | {'yes' if name in required else 'no'} | {told.get('description', '')} |"
        for name, told in schema["properties"].items()
    ]
    queues = ", ".join(f"`{queue}`" for _, queue in route.queues) or "none of ours"
    return [
        f"## {route.name}",
        "",
        " ".join((route.model.__doc__ or "").split()),
        "",
        f"Type `{route.model.TYPE}`, routing key `{route.key}` on `{route.exchange.name}`; queues: {queues}.",
        "",
        "| field | type | required | |",
        "|---|---|---|---|",
        *fields,
        "",
    ]


def _type_of(told: dict[str, Any]) -> str:
    if "anyOf" in told:
        return " or ".join(_type_of(choice) for choice in told["anyOf"])
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if told.get("type") == "array":
        return f"list of {_type_of(told['items'])}"
    return " ".join(filter(None, (told.get("format"), told.get("type"))))
