"""Runs the API as one process."""

from shared import lean

lean.leave_out()  # before whatever imports those libraries

from services.api.bootstrap import serve
from services.api.settings import ApiSettings
from shared.runner import main

if __name__ == "__main__":
    main("api", ApiSettings, serve)
