"""Run one aggregator process."""

from shared import lean

lean.leave_out()  # before whatever imports those libraries

from services.aggregator.bootstrap import serve_aggregator
from services.aggregator.settings import AggregatorSettings
from shared.runner import main

if __name__ == "__main__":
    main("aggregator", AggregatorSettings, serve_aggregator)
