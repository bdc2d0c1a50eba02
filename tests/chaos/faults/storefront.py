"""Marketplaces that answer badly for some seconds, some of them or all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.amazon.marketplaces import MARKETPLACES
from tests.chaos.arena import Arena
from tests.chaos.faults.fault import Fault

BROKEN = {"reset": 0.3, "truncated": 0.3, "slow": 0.3, "slow_seconds": 4.0}


# Answers that ask to slow down are heeded for minutes: longer storms of them would leave nothing to disturb.
ALL, SOME, SHORT = len(MARKETPLACES), 2, (0.5, 1.5)


def _storm(
    plan: dict[str, Any], hosts: int = ALL, seconds: tuple[float, float] = (1.5, 4.0)
) -> Callable[[Arena], None]:
    """Answer so for some seconds at so many marketplaces."""

    def strike(arena: Arena) -> None:
        struck = arena.chance.sample(sorted(MARKETPLACES), hosts)
        with arena.system.storefront.faults({**plan, "hosts": struck, "seed": arena.chance.randrange(1 << 30)}):
            arena.pause(*seconds)

    return strike


FAULTS = (
    Fault("storm of 429", _storm({"429": 0.7, "retry_after": 1}, SOME, SHORT)),
    Fault("storm of 503", _storm({"503": 0.7}, SOME, SHORT)),
    Fault("storm of captchas", _storm({"captcha": 0.7}, SOME, SHORT)),
    Fault("time-outs", _storm({"slow": 0.7, "slow_seconds": 10.0})),
    Fault("resets and truncated pages", _storm(BROKEN)),
    Fault("slow-loris", _storm({"dripping": 0.7})),
    Fault("endless pages", _storm({"endless": 0.3})),
    Fault("gzip bombs", _storm({"bomb": 0.3})),
    Fault("redirect loops", _storm({"redirect_loop": 0.7})),
    Fault("redirects inside", _storm({"redirect_private": 0.5})),
)
