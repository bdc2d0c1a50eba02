"""What Python's garbage collector is spared."""

from __future__ import annotations

import gc

# So many new objects, some megabytes, before the collector looks for cycles among them.
GARBAGE_OBJECTS = 20_000


def spare_what_is_loaded() -> None:
    """Let the collector look at what the work makes, less often, and not again and again at all modules.

    It holds the interpreter's lock meanwhile: beside a page in a parser thread, going through everything took 40 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS, *gc.get_threshold()[1:])
