"""What the expander does with each message: start a job, go on with it, feed it, admit the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from services.expander.admission import Admission
from services.expander.choosing import Choosing
from services.expander.expansion import Expansion, listing_marketplace
from services.expander.feeder import Feeder
from services.expander.lines import Lines
from services.expander.repository import ExpanderRepository
from shared.broker import Broker
from shared.errors import AsinflowError, NoLongerWantedError
from shared.handout import again
from shared.intake import Delivery
from shared.job_events import ended, submission
from shared.jobs import TERMINAL, JobStatus
from shared.log import get_logger
from shared.messages import JobEvent, JobExpanded, JobSubmitted, Message
from shared.mongo import Document
from shared.outgoing import event
from shared.patience import INFRASTRUCTURE_ERRORS
from shared.runs import run_total, unresolved
from shared.worker import Received

log = get_logger(__name__)

# A job in one of these states does not run: another of its user may.
MAKES_ROOM = TERMINAL | {JobStatus.PAUSED}
# Woken beside one for each place that came free, in case an earlier one did not come: each is a dozen of questions.
SPARE = 1

IsFinal = Callable[[Delivery, BaseException], bool]


class Expander:
    def __init__(
        self,
        repository: ExpanderRepository,
        broker: Broker,
        expansion: Expansion,
        choosing: Choosing,
        feeder: Feeder,
        is_final: IsFinal,
        admission: Admission,
        *,
        lines: Lines,
    ) -> None:
        self._repository = repository
        self._broker = broker
        self._expansion = expansion
        self._choosing = choosing
        self._feeder = feeder
        self._is_final = is_final
        self._admission = admission
        self._lines = lines

    async def handle_job_submitted(self, batch: Sequence[Received[JobSubmitted]]) -> None:
        for received in batch:
            async with self._lines.passing:
                job = await self._admit(received.message)
            if job is None:
                continue
            try:
                await self._expand_in_turn(job)
            except INFRASTRUCTURE_ERRORS:
                raise
            except Exception as error:
                if not self._is_final(received.delivery, error):
                    raise
                if isinstance(error, AsinflowError):
                    await self._fail(job, error.message)
                else:
                    await self._fail(job, "an unexpected error; operators find it in the failure store")
                    raise

    async def _admit(self, message: JobSubmitted) -> Document | None:
        """The job if it is to be expanded now: not ended, and its user has room for it."""
        job = await self._repository.find_job(message.job_id)
        if job is None or job["run"] != message.run or job["status"] not in (JobStatus.PENDING, JobStatus.PROCESSING):
            return None
        if job["status"] == JobStatus.PROCESSING:
            return job
        await self._repository.mark_taken(job["_id"], job["run"])
        return await self._admission.admit(job)

    async def _expand_in_turn(self, job: Document) -> None:
        """At once, unless a listing has to be read: then when its turn in the line of its marketplace has come."""
        marketplace = listing_marketplace(job)
        if marketplace is None:
            async with self._lines.passing:
                await self._expand(job)
            return
        job_id, run = job["_id"], job["run"]
        try:
            runs = partial(self._repository.runs, job_id, run)
            explain = partial(self._repository.explain_wait, job_id, run, f"waits for other listings of {marketplace}")
            async with self._lines.turn(marketplace, job["user_id"], job_id, runs, explain):
                # As it is now: another message of it may have brought it on, its user may have stopped it.
                current = await self._repository.find_job(job_id)
                if current and (current["run"], current["status"]) == (run, JobStatus.PROCESSING):
                    if current.get("status_reason") is not None:
                        await self._repository.explain_wait(job_id, run, None)
                    await self._expand(current)
        except NoLongerWantedError:
            log.info("listing_left", job_id=job_id, marketplace=marketplace)

    async def _expand(self, job: Document) -> None:
        if unresolved(job) and not await self._resolve(job):
            await self._broker.publish([submission(job)])
            return
        expanded = await self._repository.find_job(job["_id"])
        if expanded is None or expanded["run"] != job["run"] or unresolved(expanded):
            return
        await self._hand_out_again(job)
        fact = JobExpanded(job_id=job["_id"], run=job["run"], total_items=expanded["total_items"])
        await self._broker.publish([event(fact, message_id=f"{job['_id']}:{job['run']}:expanded", mandatory=True)])
        log.info("job_expanded", job_id=job["_id"], total=expanded["total_items"])

    async def _resolve(self, job: Document) -> bool:
        """Find out which items the run has, as far as one step goes; whether that is done."""
        if job["total_items"] is None:
            return await self._expansion.advance(job)
        return await self._choosing.advance(job)

    async def _hand_out_again(self, job: Document) -> None:
        """What collectors have dropped while the job was paused; at most a window, and `job` as it was resumed."""
        if (job.get("pauses") or 0) <= (job.get("resumed") or 0):
            return
        if run_total(job) is not None:
            messages = await again(self._repository, job, job["fed"])
            await self._broker.publish(messages)
            log.info("handed_out_again", job_id=job["_id"], messages=len(messages))
        await self._repository.mark_resumed(job)

    async def _fail(self, job: Document, reason: str) -> None:
        failed = await self._repository.fail(job["_id"], job["run"], reason)
        if failed is not None:
            await self._broker.publish([ended(failed)])
            await self._repository.mark_announced(failed["_id"], failed["run"])
            log.warning("job_failed", job_id=job["_id"], reason=reason)

    async def handle_job_news(self, batch: Sequence[Received[Message]]) -> None:
        """Several tidings of one job are one: what counts is how it stands now."""
        ids = dict.fromkeys(received.message.job_id for received in batch)
        await self._feeder.feed(await self._repository.find_jobs(list(ids)))
        events = [m for received in batch if isinstance(m := received.message, JobEvent)]
        for user_id, ends in Counter(m.user_id for m in events if m.status in MAKES_ROOM).items():
            await self._wake(user_id, ends + SPARE)

    async def _wake(self, user_id: str, number: int) -> None:
        """Submit so many of the user's waiting jobs again; who has room is decided where they are admitted."""
        waiting = await self._repository.find_next_waiting(user_id, number)
        await self._broker.publish([submission(job) for job in waiting])

    async def feed_all(self) -> None:
        """Look at every running job, so that a lost tiding delays it by no more than this."""
        await self._feeder.look()
