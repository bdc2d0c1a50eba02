"""The users of a campaign: they submit their jobs whatever the API answers, and meddle with some of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx

from tests.chaos.jobs import PlannedJob
from tests.chaos.watcher import Watcher
from tests.e2e.system import System
from tests.e2e.user import ENDED, User

PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.2
HELD_SECONDS = (0.5, 3.0)
# What is answered by a proxy or a service that is away or busy, and passes.
PASSING = frozenset({429, 500, 502, 503, 504})


@dataclass
class Accepted:
    """A job that was answered with 202: it must never be lost."""

    job_id: str
    planned: PlannedJob
    seconds: float
    tries: int
    deed_done: str = ""


@dataclass
class Crowd:
    """Submits `jobs` in order, as fast as `room` allows."""

    system: System
    watcher: Watcher
    jobs: Sequence[PlannedJob]
    seed: int
    room: Callable[[], int]
    accepted: list[Accepted] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    _stop: Event = field(default_factory=Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    _tasks: list[Future[None]] = field(default_factory=list)

    def start(self) -> None:
        self._tasks = [self._pool.submit(self._submit_all), self._pool.submit(self._meddle)]

    def finish(self) -> None:
        """Return when every job has been submitted and meddled with; raises what went wrong in that."""
        for task in self._tasks:
            task.result()
        self._pool.shutdown()

    def check(self) -> None:
        """Raises what went wrong so far."""
        for task in self._tasks:
            if task.done():
                task.result()

    def stop(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    @property
    def submitted_items(self) -> int:
        return sum(each.planned.size for each in self.accepted)

    @property
    def done(self) -> bool:
        return len(self.accepted) == len(self.jobs)

    def _submit_all(self) -> None:
        users = {name: self.system.user(name) for name in {job.user for job in self.jobs}}
        for number, job in enumerate(self.jobs):
            while self.room() <= 0 and not self._stop.wait(LOOK_SECONDS):
                pass
            if self._stop.is_set():
                return
            self.accepted.append(self._submit(users[job.user], job, f"{self.seed}-{number}"))

    def _submit(self, user: User, job: PlannedJob, key: str) -> Accepted:
        """Ask until it is accepted, always under the same key: an answer that got lost must not make a second job."""
        started, tries = time.monotonic(), 0

        def post() -> httpx.Response:
            nonlocal tries
            tries += 1
            return user.client.post("/v1/jobs", json=job.request, headers={"Idempotency-Key": key})

        answer = self._insist(post)
        assert answer.status_code == 202, answer.text
        return Accepted(answer.json()["id"], job, time.monotonic() - started, tries)

    def _insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """The first answer that does not pass by itself."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = ask()
            except httpx.TransportError as error:
                reason: Any = error
            else:
                self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
                if answer.status_code not in PASSING and not _again(answer):
                    return answer
                reason = answer.text
            assert time.monotonic() < deadline, f"the API has been away for {PATIENCE_SECONDS:g} s: {reason}"
            self._stop.wait(LOOK_SECONDS)

    def _meddle(self) -> None:
        """Do to jobs what their users planned: cancel or pause in the middle, retry at the end."""
        chance, seen = random.Random(f"deeds {self.seed}"), 0
        waiting: list[tuple[Accepted, float]] = []
        users = {name: self.system.user(name) for name in {job.user for job in self.jobs}}
        known = self._known_deeds(next(iter(users.values())))
        while not self._stop.wait(LOOK_SECONDS) and (waiting or seen < len(self.jobs)):
            fresh = self.accepted[seen:]
            seen += len(fresh)
            waiting += [(each, chance.random()) for each in fresh if each.planned.deed in known]
            waiting = [(each, share) for each, share in waiting if not self._due(users, each, share)]

    def _known_deeds(self, user: User) -> set[str | None]:
        """What this version of the API lets users do."""
        paths = self._insist(lambda: user.client.get("/openapi.json")).json()["paths"]
        return {deed for deed in ("cancel", "pause", "retry") if f"/v1/jobs/{{job_id}}/{deed}" in paths}

    def _due(self, users: dict[str, User], accepted: Accepted, share: float) -> bool:
        """Do it if it is time; whether it is off the list."""
        job = self.watcher.jobs.get(accepted.job_id)
        if job is None:
            return False
        user, deed, ended = users[accepted.planned.user], accepted.planned.deed, job["status"] in ENDED
        if deed == "retry":
            if ended and job["error_count"]:
                self._post(user, accepted, "retry")
            return ended
        if ended or job["progress"] < share * (job["total_items"] or accepted.planned.size):
            return ended
        self._post(user, accepted, str(deed))
        if deed == "pause":
            self._stop.wait(random.Random(accepted.job_id).uniform(*HELD_SECONDS))
            self._post(user, accepted, "resume")
        return True

    def _post(self, user: User, accepted: Accepted, deed: str) -> None:
        """A job that has ended meanwhile answers 409, which is fine."""
        answer = self._insist(lambda: user.client.post(f"/v1/jobs/{accepted.job_id}/{deed}"))
        assert answer.status_code in {200, 202, 409}, answer.text
        if answer.status_code != 409:
            accepted.deed_done = deed


def _again(answer: httpx.Response) -> bool:
    """Whether it says that the same may be asked later, as when a request under the same key was cut off."""
    return answer.is_client_error and "Retry-After" in answer.headers
