"""Collectors and servers as the tests of the collector have them."""

from __future__ import annotations

from tests.integration.collector.conftest import Collecting, cable, collecting, database, open_broker, rabbit

__all__ = ["Collecting", "cable", "collecting", "database", "open_broker", "rabbit"]
