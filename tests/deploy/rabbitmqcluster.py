"""The part of the RabbitMQ Cluster Operator's resource that our manifest uses, closed: no package ships its model."""

from typing import Any

QUANTITIES = {"type": "object", "additionalProperties": {"type": "string", "pattern": r"^\d+(m|Mi|Gi)?$"}}
TEXTS = {"type": "array", "items": {"type": "string"}}


def _closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


SCHEMA = _closed(
    ("replicas", "persistence", "resources"),
    replicas={"type": "integer", "minimum": 1},
    image={"type": "string"},
    terminationGracePeriodSeconds={"type": "integer", "minimum": 0},
    persistence=_closed(("storage",), storage={"type": "string"}, storageClassName={"type": "string"}),
    resources=_closed(requests=QUANTITIES, limits=QUANTITIES),
    rabbitmq=_closed(additionalPlugins=TEXTS, additionalConfig={"type": "string"}),
    affinity={"type": "object"},
)
