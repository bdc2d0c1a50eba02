"""Run one collector process."""

from shared import lean

lean.leave_out()  # before whatever imports those libraries

from services.collector.bootstrap import serve_collector
from services.collector.settings import CollectorSettings
from shared.runner import main

if __name__ == "__main__":
    main("collector", CollectorSettings, serve_collector)
