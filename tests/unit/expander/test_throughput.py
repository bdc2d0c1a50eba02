"""How fast a marketplace is, as the feeder sees it."""

from services.expander.throughput import Throughput


def test_what_was_finished_between_two_looks_is_measured() -> None:
    throughput = Throughput()
    throughput.hand_out(100)
    throughput.look(10.0, 100, busy=True)
    assert throughput.per_second is None
    throughput.hand_out(60)
    throughput.look(12.0, 110, busy=True)
    assert throughput.per_second == 25.0
    throughput.look(13.0, 110, busy=True)
    assert throughput.per_second == 0.0


def test_time_in_which_there_was_too_little_to_do_says_nothing() -> None:
    throughput = Throughput()
    throughput.hand_out(100)
    throughput.look(1.0, 100, busy=True)
    throughput.look(2.0, 50, busy=True)
    for at, busy in ((3.0, False), (4.0, True), (4.0, True)):
        throughput.look(at, 0, busy=busy)
    assert throughput.per_second == 50.0


def test_items_handed_out_by_another_feeder_are_no_speed_of_ours() -> None:
    throughput = Throughput()
    throughput.look(1.0, 500, busy=True)  # appointed just now
    throughput.look(2.0, 400, busy=True)
    assert throughput.per_second == 100.0
    throughput.look(3.0, 700, busy=True)
    assert throughput.per_second == 0.0
