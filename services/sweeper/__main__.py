"""Run one sweeper process."""

from shared import lean

lean.leave_out()  # before whatever imports those libraries

from services.sweeper.bootstrap import serve_sweeper
from services.sweeper.settings import SweeperSettings
from shared.runner import main

if __name__ == "__main__":
    main("sweeper", SweeperSettings, serve_sweeper)
