"""The aggregator's queues."""

from shared.messages import ItemsFinished, JobExpanded
from shared.topology import EVENTS, work_queue

ITEMS_FINISHED = work_queue("aggregator.items_finished", EVENTS, ItemsFinished.TYPE)
JOB_EXPANDED = work_queue("aggregator.job_expanded", EVENTS, JobExpanded.TYPE)
