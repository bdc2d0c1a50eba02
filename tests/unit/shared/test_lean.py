"""Services start without what their libraries could use and they do not."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
import services.{}.__main__
print(json.dumps([name for name, module in sys.modules.items() if module is not None]))
"""


def loaded(service: str) -> set[str]:
    return set(json.loads(subprocess.check_output([sys.executable, "-c", PROGRAM.format(service)])))


@pytest.mark.parametrize("service", ["api", "aggregator", "collector", "expander", "sweeper"])
def test_no_service_loads_what_libraries_would_have_of_each_other(service: str) -> None:
    modules = loaded(service)
    assert {"pymongo", "structlog"} <= modules
    assert not {"httpx._main", "rich", "pygments"} & modules
    assert service == "api" or "cryptography" not in modules  # the API checks tokens with it
