"""The AsyncAPI 3 document of everything that goes over the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import models_json_schema

from deploy.reference.messages import MARKETPLACE, Route, routes
from shared.amazon.marketplaces import MARKETPLACES
from shared.messages import MESSAGES

Document = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"
# The version of the interface: of these documents, not of the program.
VERSION = "1.0.0"

DESCRIPTION = """Messages between the services of Asinflow, over RabbitMQ.

A reader ignores fields it does not know, so a newer writer may add some; a changed meaning gets a new version in the
type. Messages are persistent and confirmed, delivered at least once and in no promised order: every handler may be told
twice."""

_HEADERS: dict[str, tuple[str, str]] = {
    "traceparent": (
        "W3C Trace Context of the request that all this is about",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    "cloudEvents:specversion": ("CloudEvents over AMQP: always 1.0", "1.0"),
    "cloudEvents:type": ("the type, as in the property `type`", "job.submitted.v1"),
    "cloudEvents:source": ("the process that sent it", "/asinflow/api-1"),
    "cloudEvents:id": (
        "the message id, the same when it is sent again",
        "0193f2a1c6d87b3e9c1a5f0e7d2b4a68:1:submitted",
    ),
    "cloudEvents:time": ("when it was sent", "2026-11-25T06:00:00+00:00"),
}


def document() -> Document:
    """The whole document."""
    found = routes()
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Asinflow",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": {"host": "rabbitmq:5672", "protocol": "amqp", "description": "RabbitMQ 3.10 to 4.x"}},
        "channels": {route.name: _channel(route) for route in found},
        "operations": dict(operation for route in found for operation in _operations(route)),
        "components": {
            "messages": {route.name: _message(route) for route in found},
            "messageTraits": {
                "common": {"headers": _headers(), "correlationId": {"location": "$message.payload#/job_id"}}
            },
            "schemas": _schemas(),
        },
    }


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _channel(route: Route) -> Document:
    exchange = {"name": route.exchange.name, "type": route.exchange.kind, "durable": True, "autoDelete": False}
    channel: Document = {
        "address": route.key,
        "title": route.model.TYPE,
        "messages": {route.name: {"$ref": f"#/components/messages/{route.name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }
    if MARKETPLACE in route.key:
        parameter = {"description": "The marketplace it is for", "enum": list(MARKETPLACES)}
        channel["parameters"] = {MARKETPLACE.strip("{}"): parameter}
    return channel


def _operations(route: Route) -> Iterator[tuple[str, Document]]:
    same = {
        "channel": {"$ref": f"#/channels/{route.name}"},
        "messages": [{"$ref": f"#/channels/{route.name}/messages/{route.name}"}],
    }
    for service in route.senders:
        sending = {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}}
        yield (
            f"{service}Sends{route.name}",
            {"action": "send", **same, "tags": [{"name": service}], "bindings": sending},
        )
    for service, queue in route.queues:
        receiving = {"amqp": {"ack": True, "bindingVersion": "0.3.0"}}
        yield (
            f"{service}Takes{route.name}",
            {
                "action": "receive",
                **same,
                "tags": [{"name": service}],
                "description": f"From the queue `{queue}`.",
                "bindings": receiving,
            },
        )


def _message(route: Route) -> Document:
    return {
        "name": route.model.TYPE,
        "title": route.name,
        "summary": (route.model.__doc__ or "").strip(),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/common"}],
        "payload": {"$ref": TEMPLATE.format(model=route.name)},
    }


def _headers() -> Document:
    properties = {
        name: {"type": "string", "description": meaning, "examples": [example]}
        for name, (meaning, example) in _HEADERS.items()
    }
    attempt = {"type": "integer", "minimum": 1, "description": "Which attempt it is; absent: the first"}
    part = {"type": "string", "description": "Of what is done part by part: the one that the attempts were made at"}
    return {"type": "object", "properties": {**properties, "x-attempt": attempt, "x-attempt-part": part}}


def _schemas() -> Document:
    _, definitions = models_json_schema(
        [(model, "serialization") for model in MESSAGES.values()], ref_template=TEMPLATE
    )
    schemas: Document = definitions["$defs"]
    return schemas
