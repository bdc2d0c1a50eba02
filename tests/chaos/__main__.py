"""`make chaos`: a campaign whose size and seed come from the environment (ITEMS, FAULTS, SEED)."""

import shutil
import sys

from deploy.local.errors import LocalError
from deploy.local.folder import ROOT, RunFolder
from tests.chaos.campaign import Size, campaign
from tests.chaos.environment import console_of, number_of
from tests.chaos.table import show

FOLDER = RunFolder(ROOT / ".run" / "chaos")


def main() -> int:
    """The exit code is 0 when every promise was kept, else 1; 130 after Ctrl-C."""
    size = Size(number_of("SEED", 1), number_of("ITEMS", 50_000), number_of("FAULTS", 200))
    console = console_of()
    console.print(f"{size.items} items, {size.faults} faults, seed {size.seed}; logs in {FOLDER.logs}")
    shutil.rmtree(FOLDER.path, ignore_errors=True)
    try:
        outcome = campaign(FOLDER, size, lambda text: console.print(text, highlight=False, soft_wrap=True))
    except LocalError as error:
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    show(outcome, console)
    if outcome.breaches:
        again = f"make chaos SEED={size.seed} ITEMS={size.items} FAULTS={size.faults}"
        console.print(f"again: {again}; logs of every process: {FOLDER.logs}", highlight=False, soft_wrap=True)
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
