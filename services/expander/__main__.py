"""Run one expander process."""

from shared import lean

lean.leave_out()  # before whatever imports those libraries

from services.expander.bootstrap import serve_expander
from services.expander.settings import ExpanderSettings
from shared.runner import main

if __name__ == "__main__":
    main("expander", ExpanderSettings, serve_expander)
