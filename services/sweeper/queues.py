"""The sweeper's queues."""

from shared.messages import JobCancelled, JobCompleted, JobFailed, JobReached, ProductsNoted
from shared.topology import EVENTS, work_queue

USER_EVENTS = work_queue(
    "sweeper.user_events",
    EVENTS,
    *(message.TYPE for message in (JobReached, JobCompleted, JobFailed, JobCancelled, ProductsNoted)),
)
