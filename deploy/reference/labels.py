"""Every label that a metric may have, with all that it can be: what keeps the number of series bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.sweeper.measures import FAILURES, LARGE, STATUSES
from shared.amazon.marketplaces import MARKETPLACES
from shared.jobs import JobStatus, JobType
from shared.messages import MESSAGES
from shared.mongotimes import COMMANDS, NO_COMMAND


@dataclass(frozen=True)
class Label:
    """`values` is a regular expression that each of them matches as a whole."""

    meaning: str
    values: str

    def allows(self, value: str) -> bool:
        return re.fullmatch(self.values, value) is not None


def _one_of(*values: str) -> str:
    return "|".join(re.escape(value) for value in values)


def _listed(meaning: str, *values: str) -> Label:
    return Label(f"{meaning}: {', '.join(values)}", _one_of(*values))


_MARKETPLACE = f"({_one_of(*MARKETPLACES)})(@[a-z0-9-]{{1,32}})?"
_SLUG = "[a-z0-9_]{1,40}"

LABELS: dict[str, Label] = {
    "marketplace": Label(
        "a marketplace that is served; where ways out are configured, `marketplace@way`", _MARKETPLACE
    ),
    "queue": Label(
        "a queue of ours; in `asinflow_failures_total` at most 100 of those that dead letters name",
        r"(api\.events|expander|collector|aggregator|sweeper|asinflow)[A-Za-z0-9_.-]*|unknown|other",
    ),
    "type": Label(
        f"a message type ({', '.join(MESSAGES)}; unknown: none of ours) or a job type ({', '.join(JobType)})",
        _one_of(*MESSAGES, *JobType, "unknown"),
    ),
    "outcome": _listed(
        "what became of a message, of a slot of the pace, of a command to the database",
        *("ok", "retry", "dead", "late", "used", "missed", "blocked", "error"),
    ),
    "status": Label(
        "a status of jobs (WAITING: pending behind others) or items, or an HTTP status; none: no answer",
        _one_of(*JobStatus, *map(str, STATUSES), "succeeded", "failed", "none") + "|[1-5][0-9]{2}",
    ),
    "route": Label("a route's template, never a path; unmatched: none", r"/[a-z0-9_{}/.-]*|unmatched"),
    "method": _listed("an HTTP method", *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other")),
    "kind": Label("what a page turned out to be", _SLUG),
    "reason": Label("why, one of the reasons the code knows", f"({_SLUG})?"),
    "field": Label("a field of product pages", _SLUG),
    "rule": Label("the rule that answered for a field; none: the page does not show it", "[A-Za-z0-9_.:-]{1,60}"),
    "origin": _listed("where a product came from", "fetched", "reused"),
    "code": Label("an error code; at most 100, then other", r"[A-Za-z0-9_.-]{1,60}"),
    "duty": Label("a duty of the sweeper", _SLUG),
    "what": _listed("what waits", "unsent_job", "unannounced_end", "pending_job", "job_without_progress"),
    "collection": _listed("a collection of the database", *LARGE, *FAILURES),
    "command": _listed("a command of the database", *sorted(COMMANDS), NO_COMMAND),
    "operation": Label("an operation of the Creators API", "[A-Za-z]{1,40}"),
    "service": _listed("the kind of process", "api", "expander", "collector", "aggregator", "sweeper"),
    "version": Label("the version that is running", r"[0-9A-Za-z.+-]{1,40}|unknown"),
    "revision": Label("the commit that is running", r"[0-9A-Za-z._+-]{1,64}"),
    "python": Label("the version of Python", r"[0-9.]{3,12}[a-z0-9+]*"),
}
