"""The sweeper's queues."""

from shared.messages import JobCancelled, JobCompleted, JobFailed, JobReached
from shared.topology import EVENTS, work_queue

USER_EVENTS = work_queue(
    "sweeper.user_events", EVENTS, JobReached.TYPE, JobCompleted.TYPE, JobFailed.TYPE, JobCancelled.TYPE
)
