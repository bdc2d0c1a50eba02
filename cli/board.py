"""How jobs under way look on a terminal, whatever its size. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import set_cell_size
from rich.text import Text

from cli.documents import ENDED, Job, Queue
from cli.glance import ACTIVE, Glance
from cli.output import STATUS_STYLES, WIDE
from cli.text import done_of, duration, interval, moment, plain, subject

# The heading, the titles and the empty lines around the list; the chosen job's command and the keys.
_FRAME_LINES = 6
_GAP = " "
# Title, width, and whether it holds figures, which stand to the right.
Columns = Sequence[tuple[str, int, bool]]
_WORDS = dict(zip(ACTIVE, ("running", "waiting", "paused"), strict=True))


@dataclass(frozen=True)
class View:
    """What the person before the screen has chosen: the job under the cursor, and whether ended ones are shown."""

    chosen: int = 0
    ended: bool = True

    def shown(self, glance: Glance) -> list[Job]:
        return [job for job in glance.jobs if self.ended or job["status"] not in ENDED]

    def moved(self, by: int, glance: Glance) -> View:
        """The cursor further down or up, within the list."""
        return View(max(0, min(self.chosen + by, len(self.shown(glance)) - 1)), self.ended)


def board(glance: Glance, view: View, size: tuple[int, int], title: str, trouble: str = "") -> Text:
    """The whole screen of `size` columns and lines."""
    width, height = size
    jobs, view = view.shown(glance), view.moved(0, glance)
    notes = [Text(plain(trouble), style="red")] if trouble else []
    if glance.behind is not None:
        notes += [queue_line(glance.behind.queues), pace_line(glance.behind.pace)]
    first, shown = window(jobs, view.chosen, max(1, height - _FRAME_LINES - len(notes)))
    columns = _columns(shown, width)
    lines = [_heading(glance, title, width), *notes, Text(), _titles(columns)]
    for place, job in enumerate(shown, first):
        lines += _job_lines(job, columns, chosen=place == view.chosen)
    if not jobs:
        lines.append(Text("No jobs under way:  asinflow submit --help"))
    lines += [Text(), *_footer(jobs, view, len(jobs) - len(shown))]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def window(jobs: Sequence[Job], chosen: int, room: int) -> tuple[int, list[Job]]:
    """The part of the list around the chosen job that fits into `room` lines, and where it begins."""
    first = end = min(chosen, len(jobs))
    while end < len(jobs) and (end == first or sum(map(_height, jobs[first : end + 1])) <= room):
        end += 1
    while first and sum(map(_height, jobs[first - 1 : end])) <= room:
        first -= 1
    return first, list(jobs[first:end])


def queue_line(queues: Sequence[Queue]) -> Text:
    """What waits in the broker, in one line."""
    waiting = {kind: sum(q["ready"] for q in queues if q["kind"] == kind) for kind in ("main", "retry", "dead")}
    text = Text.assemble(("queues  ", "bold"), f"{waiting['main']:,} waiting  {waiting['retry']:,} to be tried again  ")
    text.append(f"{waiting['dead']:,} dead", style="red" if waiting["dead"] else "")
    fullest = max(queues, key=lambda queue: queue["ready"], default=None)
    if fullest is not None and fullest["ready"]:
        text.append(f"  most in {plain(fullest['name'])}: {fullest['ready']:,}", style="dim")
    return text


def pace_line(pace: Sequence[dict[str, Any]]) -> Text:
    """How often each marketplace may be asked, in one line; those that are paused first."""
    text = Text.assemble(("pace    ", "bold"))
    for line in sorted(pace, key=lambda line: line["circuit"] == "closed"):
        name, until = plain(line["line"]), line["blocked_until"]
        if until and line["circuit"] != "closed":
            text.append(f"{name} {line['circuit']} until {moment(until)}  ", "yellow")
        else:
            text.append(f"{name} one every {interval(line['interval_seconds'])}  ")
    return text if pace else text.append("no marketplace was asked yet")


def _heading(glance: Glance, title: str, width: int) -> Text:
    counts = [(glance.number(status), word) for status, word in _WORDS.items()]
    figures = "  ".join(f"{number} {word}" for number, word in counts if number or word == "running")
    left = set_cell_size(title, max(0, width - len(figures) - 2))
    return Text.assemble((left, "bold"), "  ", figures)


def _columns(jobs: Sequence[Job], width: int) -> Columns:
    """All columns but the last, which takes what is left."""
    name, bar = (32, 24) if width >= WIDE else (13, 10)
    done = max((len(done_of(job)) for job in jobs), default=4)
    figures = (("DONE", max(4, done), True), ("ERR", 4, True), ("RATE", 6, True), ("LEFT", 10, True))
    return (("JOB", name, False), ("STATUS", 10, False), ("", bar, False), *figures)


def _titles(columns: Columns) -> Text:
    return Text(_GAP.join([*(_fit(title, size, right) for title, size, right in columns), "ABOUT"]), "bold")


def _job_lines(job: Job, columns: Columns, *, chosen: bool) -> list[Text]:
    (_, name, _), _, (_, bar, _), *_ = columns
    running, rate = job["status"] == "PROCESSING", job.get("items_per_second")
    cells: Iterable[tuple[str | Text, str]] = (
        (job["id"] if name >= len(job["id"]) else f"{job['id'][:8]}…{job['id'][-4:]}", "reverse" if chosen else ""),
        (job["status"], STATUS_STYLES.get(job["status"], "")),
        (_bar(job, bar), ""),
        (done_of(job), ""),
        (str(job["error_count"] or ""), "red"),
        (f"{rate:.1f}/s" if rate and running else "", ""),
        (duration(job.get("eta_seconds")) if running else "", ""),
    )
    line = Text()
    for (_, size, right), (cell, style) in zip(columns, cells, strict=True):
        line.append(cell if isinstance(cell, Text) else Text(_fit(plain(cell), size, right), style)).append(_GAP)
    line.append(subject(job))
    return [line, Text(f"  {_reason(job)}", "yellow")] if _reason(job) else [line]


def _bar(job: Job, width: int) -> Text:
    total = job.get("total_items")
    full = width * job["progress"] // total if total else 0
    return Text.assemble(("━" * full, STATUS_STYLES.get(job["status"], "")), ("─" * (width - full), "dim"))


def _fit(text: str, size: int, right: bool) -> str:
    return text.rjust(size) if right else set_cell_size(text, size)


def _reason(job: Job) -> str:
    return plain(job.get("error_message") or job.get("status_reason"))


def _height(job: Job) -> int:
    return 2 if _reason(job) else 1


def _footer(jobs: Sequence[Job], view: View, hidden: int) -> list[Text]:
    about = Text()
    if jobs:
        chosen = jobs[view.chosen]
        about.append(f"asinflow {'job' if chosen['status'] in ENDED else 'watch'} {chosen['id']}")
    ended = "hide" if view.ended else "show"
    more = f"   {hidden} more" if hidden else ""
    return [about, Text(f"q quit   ↑↓ choose   e {ended} ended jobs{more}", style="dim")]
