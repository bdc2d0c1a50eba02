"""The expander's queues."""

from shared.messages import (
    JobCancelled,
    JobCompleted,
    JobExpanded,
    JobFailed,
    JobPaused,
    JobProgressed,
    JobSubmitted,
)
from shared.topology import COMMANDS, EVENTS, work_queue

JOB_SUBMITTED = work_queue("expander.job_submitted", COMMANDS, JobSubmitted.TYPE)
# One feeder at a time, so that no window is handed out twice; the broker appoints another when it goes.
JOB_NEWS = work_queue(
    "expander.job_news",
    EVENTS,
    JobExpanded.TYPE,
    JobProgressed.TYPE,
    JobPaused.TYPE,
    JobCompleted.TYPE,
    JobFailed.TYPE,
    JobCancelled.TYPE,
    single_active_consumer=True,
)
