"""Follows a job to its end: by its live stream where there is one, by asking again where not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from cli.client import Api, ApiProblem, ApiUnreachable, calls
from cli.documents import ENDED, Job

POLL_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 2.0
# Answers that mean "no live stream here", from an older API or a proxy in between.
_NO_STREAM = frozenset({404, 405, 406, 501})


@dataclass(frozen=True, slots=True)
class Update:
    """The job after an event; `event` is "snapshot" when it was asked for, "reconnecting" when out of reach."""

    event: str
    job: Job


@dataclass
class Follower:
    """Follows one job. An API out of reach is tried again for `patience` seconds before ApiUnreachable is raised."""

    api: Api
    job_id: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    patience: float = 60.0
    _streams: bool = True
    _last_id: str = ""
    _failing_since: float | None = None
    _wait: float = _FIRST_WAIT_SECONDS

    def updates(self) -> Iterator[Update]:
        """Every change of the job, the last one with its final figures."""
        job = self.api.ask(calls.job(self.job_id))
        yield Update("snapshot", job)
        while job["status"] not in ENDED:
            try:
                for update in self._stream(job):
                    job = update.job
                    yield update
                event, latest = "snapshot", self.api.ask(calls.job(self.job_id))
                is_news = self._recover() or latest != job
            except (ApiUnreachable, ApiProblem) as error:
                self._judge(error)
                event, latest, is_news = "reconnecting", job, job["status"] not in ENDED
            if job["status"] in ENDED and latest["status"] not in ENDED:
                return  # a lagging answer does not bring an ended job back to life
            if is_news:
                job = latest
                yield Update(event, job)
            if job["status"] not in ENDED:
                self._pause()

    def _stream(self, job: Job) -> Iterator[Update]:
        """Live updates until the job has ended or the API closes the stream.

        None after an outage: a stream that resumes may have nothing to say, so that the job is asked for first.
        """
        if not self._streams or self._failing_since is not None:
            return
        try:
            for event in self.api.events(self.job_id, self._last_id):
                self._last_id, self._wait = event.id, _FIRST_WAIT_SECONDS
                after = merged(job, event.data)
                if after != job:
                    job = after
                    yield Update(event.event, job)
                if job["status"] in ENDED:
                    return
        except ApiProblem as problem:
            if problem.status not in _NO_STREAM:
                raise
            self._streams = False

    def _recover(self) -> bool:
        """The API has answered; tells whether it was out of reach before."""
        was_away = self._failing_since is not None
        self._failing_since = None
        return was_away

    def _judge(self, error: ApiUnreachable | ApiProblem) -> None:
        """Raise what waiting cannot heal; else take note of the outage."""
        if isinstance(error, ApiProblem):
            if error.status < 500 and error.status != 429:
                raise error
            self._wait = max(self._wait, error.retry_after or 0)
        self._failing_since = self._failing_since if self._failing_since is not None else self.clock()
        if self.clock() - self._failing_since > self.patience:
            raise error

    def _pause(self) -> None:
        if not self._streams and self._failing_since is None:
            self.sleep(POLL_SECONDS)
            return
        self.sleep(self._wait)
        self._wait = min(self._wait * 2, _LONGEST_WAIT_SECONDS)


def merged(job: Job, data: Mapping[str, Any]) -> Job:
    """The job with the fields that an event carries, unless the event is older than what is known."""
    known, new = cast("Mapping[str, Any]", job).get("rev"), data.get("rev")
    if isinstance(known, int) and isinstance(new, int) and new < known:
        return job
    return cast("Job", {**job, **{name: value for name, value in data.items() if name in job or name == "rev"}})
