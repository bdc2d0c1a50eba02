"""Acknowledgements keep RabbitMQ's rules, whatever the order in which deliveries are finished."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.acks import Ack, AckTracker


class Broker:
    """RabbitMQ's side of a channel: which deliveries are outstanding. A tag it does not know closes the channel."""

    def __init__(self) -> None:
        self.outstanding: set[int] = set()

    def acknowledge(self, ack: Ack) -> set[int]:
        assert ack.tag in self.outstanding, f"PRECONDITION_FAILED: unknown delivery tag {ack.tag}"
        covered = {tag for tag in self.outstanding if tag <= ack.tag} if ack.multiple else {ack.tag}
        self.outstanding -= covered
        return covered


# A run: how many deliveries arrive, which finished tag comes next (by a seed), and after how many steps acks are taken.
runs = st.tuples(st.integers(1, 60), st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 8))


@given(runs)
def test_each_tag_is_acknowledged_once_and_only_when_finished(run: tuple[int, int, int, int]) -> None:
    deliveries, seed, hold_limit, take_every = run
    jitter = random.Random(seed)
    tracker, broker, acknowledged = AckTracker(hold_limit), Broker(), set[int]()
    arriving, in_hand, finished = list(range(1, deliveries + 1)), list[int](), set[int]()

    def take() -> None:
        for ack in tracker.take():
            covered = broker.acknowledge(ack)
            assert covered <= finished
            assert not covered & acknowledged
            acknowledged.update(covered)
        assert len(finished - acknowledged) <= hold_limit

    for step in range(2 * deliveries):
        if arriving and (not in_hand or jitter.random() < 0.6):
            tag = arriving.pop(0)
            tracker.delivered(tag)
            broker.outstanding.add(tag)
            in_hand.append(tag)
        else:
            tag = in_hand.pop(jitter.randrange(len(in_hand)))
            tracker.finished(tag)
            finished.add(tag)
        assert tracker.unfinished == len(in_hand)
        if step % take_every == 0:
            take()
    take()

    assert acknowledged == set(range(1, deliveries + 1))
    assert tracker.take() == []


@pytest.fixture
def tracker() -> AckTracker:
    tracker = AckTracker(hold_limit=2)
    for tag in range(1, 9):
        tracker.delivered(tag)
    return tracker


def test_consecutive_tags_share_one_acknowledgement(tracker: AckTracker) -> None:
    for tag in (2, 1, 3):
        tracker.finished(tag)
    assert tracker.take() == [Ack(3, multiple=True)]


def test_tags_behind_an_unfinished_one_are_held(tracker: AckTracker) -> None:
    tracker.finished(2)
    tracker.finished(3)
    assert tracker.take() == []


def test_tags_past_the_hold_limit_are_acknowledged_singly(tracker: AckTracker) -> None:
    for tag in (2, 3, 5):
        tracker.finished(tag)
    assert tracker.take() == [Ack(tag, multiple=False) for tag in (2, 3, 5)]


def test_multiple_acknowledgement_never_names_a_single_one(tracker: AckTracker) -> None:
    for tag in (2, 3, 4):
        tracker.finished(tag)
    tracker.take()
    tracker.finished(1)
    assert tracker.take() == [Ack(1, multiple=True)]


def test_finishing_twice_changes_nothing(tracker: AckTracker) -> None:
    tracker.finished(1)
    tracker.finished(1)
    assert tracker.take() == [Ack(1, multiple=True)]
    tracker.finished(1)
    assert tracker.take() == []
    assert tracker.unfinished == 7
