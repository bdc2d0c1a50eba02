"""Reserved ports: stable, exclusive, usable by the program they are meant for."""

import random
import socket
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK, Ports


def test_name_keeps_its_port() -> None:
    ports = Ports({})
    assert ports["api"] == ports["api"]
    assert ports["api"] != ports["mongo"]
    ports.close()


def test_ports_are_the_same_next_time(tmp_path: Path) -> None:
    first = Ports({})
    port = first["api"]
    first.save(tmp_path / "ports.json")
    first.close()
    second = Ports.from_file(tmp_path / "ports.json")
    assert second["api"] == port
    second.close()


def test_port_in_use_is_replaced(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        ports = Ports({"api": taken})
        assert ports["api"] != taken
        ports.close()


def test_program_can_listen_on_its_reserved_port() -> None:
    ports = Ports({})
    with socket.create_server((LOOPBACK, ports["api"])) as server:
        assert server.getsockname()[1] == ports["api"]
    ports.close()


def test_reserved_port_is_refused_to_other_stacks() -> None:
    ports = Ports({})
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind((LOOPBACK, ports["api"]))
    ports.close()


def test_port_held_by_another_stack_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Ports({})
    free = Ports({})
    offers = iter([other["api"], free["api"]])
    free.close()
    monkeypatch.setattr(random, "randrange", lambda *_: next(offers))
    ports = Ports({})
    assert ports["api"] != other["api"]
    ports.close()
    other.close()


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = Ports({})
    assert all(ports[str(number)] < lowest_outgoing for number in range(20))
    ports.close()
