"""What a shell is offered of the values that options take."""

from __future__ import annotations

from typing import Any

import pytest

from cli.program import load

OFFERED = [
    (("jobs",), "status", "C", ["COMPLETED", "CANCELLED"]),
    (("jobs",), "job_type", "", ["BULK_ASIN", "URL", "KEYWORD"]),
    (("items",), "status", "r", ["running"]),
    (("export", "products"), "format", "n", ["ndjson"]),
    (("submit", "asins"), "priority", "", ["high", "normal", "low"]),
    (("submit", "asins"), "tier", "p", ["premium"]),
    (("webhooks", "create"), "events", "pr", ["price.changed", "product.profitable"]),
    (("webhooks", "deliveries"), "state", "d", ["delivered"]),
    (("schedules", "create"), "overlap", "", ["skip", "allow"]),
    (("schedules", "delta"), "change", "b", ["back_in_stock"]),
]


@pytest.mark.parametrize(("path", "name", "begun", "offered"), OFFERED)
def test_option_offers_the_values_that_it_takes(
    path: tuple[str, ...], name: str, begun: str, offered: list[str]
) -> None:
    command: Any = load(path[0])
    for each in path[1:]:
        command = command.commands[each]
    option = next(parameter for parameter in command.params if parameter.name == name)
    found = option.shell_complete(command.make_context(path[-1], [], resilient_parsing=True), begun)
    assert [item.value for item in found] == offered
