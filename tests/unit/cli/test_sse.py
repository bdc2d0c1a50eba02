"""The event stream format, however the network cuts it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cli.sse import ServerEvent, read_events

STREAM = (
    '\ufeff: heartbeat\n\nid: 1\nevent: a\ndata: {"x":\r\ndata: "\u2028"}\r\n\r\n'
    "data:plain\rid\r\revent: late\ndata: lost"
).encode()
EVENTS = [ServerEvent("a", '{"x":\n"\u2028"}', "1"), ServerEvent("message", "plain", "")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(STREAM)})
    pieces = [STREAM[start:end] for start, end in pairwise(places)]
    assert list(read_events(pieces)) == EVENTS


def test_event_without_data_is_dropped() -> None:
    assert list(read_events([b"event: ping\n\ndata: 1\n\n"])) == [ServerEvent("message", "1", "")]
