"""Where the expander's objects are built."""

from __future__ import annotations

import asyncio

from services.expander.admission import Admission
from services.expander.admission_repository import AdmissionRepository
from services.expander.choosing import Choosing
from services.expander.chosen_repository import ChosenRepository
from services.expander.expansion import Expansion
from services.expander.feeder import Feeder
from services.expander.feedloop import FeedLoop
from services.expander.handlers import Expander
from services.expander.lines import Lines
from services.expander.queues import JOB_NEWS, JOB_SUBMITTED
from services.expander.repository import ExpanderRepository
from services.expander.settings import ExpanderSettings
from shared.bootstrap import database_of, running, when_database_answers
from shared.broker import Broker
from shared.clock import SystemClock
from shared.failures import FailurePolicy, safety_queues
from shared.messages import (
    JobCancelled,
    JobCompleted,
    JobExpanded,
    JobFailed,
    JobPaused,
    JobProgressed,
    JobSubmitted,
    Message,
)
from shared.runner import exit_when_cut_off, run_until, unless_stopped
from shared.sources import open_source
from shared.worker import Worker

# Progress of many jobs is gathered for so long; what starts or ends one is heard at once.
PROGRESS_SECONDS = 0.05

NEWS: tuple[type[Message], ...] = (JobExpanded, JobProgressed, JobPaused, JobCompleted, JobFailed, JobCancelled)


async def serve_expander(settings: ExpanderSettings, stop: asyncio.Event) -> None:
    async with database_of(settings) as database, open_source(settings, database) as source:
        repository = ExpanderRepository(database)
        broker = Broker(settings.amqp_url.get_secret_value(), settings.instance, queues=safety_queues())
        failures = FailurePolicy(broker, max_attempts=settings.max_attempts)
        feeder = Feeder(repository, broker, settings.window_of, SystemClock(), settings.item_seconds)
        expansion = Expansion(repository, source, SystemClock(), settings.max_pages)
        choosing = Choosing(ChosenRepository(database), SystemClock())
        admission = Admission(AdmissionRepository(database), settings.user_concurrent_jobs)
        lines = Lines(settings.concurrency, SystemClock())
        expander = Expander(repository, broker, expansion, choosing, feeder, failures.final, admission, lines=lines)
        feed_loop = FeedLoop(expander, settings.poll_seconds)
        submitted = Worker(
            broker,
            JOB_SUBMITTED,
            [JobSubmitted],
            expander.handle_job_submitted,
            failures,
            prefetch=lines.held,
            concurrency=lines.held,
        )
        news = Worker(
            broker,
            JOB_NEWS,
            NEWS,
            feed_loop.handle,
            failures,
            prefetch=1000,
            batch_items=1000,
        )
        news.gather(PROGRESS_SECONDS, JobProgressed.TYPE)
        await unless_stopped(stop, when_database_answers(repository.create_indexes))
        async with running(settings, database, broker):
            cut_off = exit_when_cut_off(broker, settings.exit_after_disconnected_seconds)
            await run_until(stop, submitted.run(), news.run(), feed_loop.run(), cut_off)
