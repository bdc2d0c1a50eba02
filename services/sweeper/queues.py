"""The sweeper's queues."""

from shared.topology import dead_queue

DEAD_LETTERS = dead_queue("sweeper.dead_letters")
