"""The event stream format, however the network cuts it."""

from __future__ import annotations

from asinflow.client.sse import ServerEvent, read_events

STREAM = (
    '\ufeff: heartbeat\n\nid: 1\nevent: a\ndata: {"x":\r\ndata: "\u2028"}\r\n\r\n'
    "data:plain\rid\r\revent: late\ndata: lost"
).encode()
EVENTS = [ServerEvent("a", '{"x":\n"\u2028"}', "1"), ServerEvent("message", "plain", "")]


def test_where_the_network_cuts_does_not_matter() -> None:
    for cut in range(len(STREAM) + 1):
        assert list(read_events([STREAM[:cut], STREAM[cut:]])) == EVENTS, cut


def test_single_bytes_are_put_together() -> None:
    assert list(read_events([bytes([byte]) for byte in STREAM])) == EVENTS


def test_event_without_data_is_dropped() -> None:
    assert list(read_events([b"event: ping\n\ndata: 1\n\n"])) == [ServerEvent("message", "1", "")]
