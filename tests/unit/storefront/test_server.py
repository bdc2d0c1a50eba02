"""The server as a process of its own: what only a real connection shows."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import zlib
from itertools import islice
from urllib.parse import urlsplit

import httpx
import pytest

DEADLINE = 20
ASIN = "B07WXL5YPW"


def start(*options):
    command = [sys.executable, "-m", "deploy.local.storefront", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop(process):
    process.terminate()
    _, errors = process.communicate(timeout=DEADLINE)
    return errors


@pytest.fixture(scope="module")
def server():
    process = start()
    try:
        yield process
    finally:
        stop(process)


@pytest.fixture(scope="module")
def url(server):
    return json.loads(server.stdout.readline())["url"]


@pytest.fixture
def client(url):
    with httpx.Client(base_url=url, timeout=DEADLINE) as client:
        yield client
        client.delete("/__storefront__/faults")


def test_pages_weigh_sixty_kilobytes_unless_told(client):
    answer = client.get(f"/dp/{ASIN}")

    assert answer.headers["content-encoding"] == "br"
    assert len(answer.content) == 60_000


def test_a_reset_breaks_the_connection(client):
    client.put("/__storefront__/faults", json={"reset": 1})

    with pytest.raises(httpx.ReadError):
        client.get(f"/dp/{ASIN}")


def test_a_truncated_answer_ends_before_its_length(client):
    client.put("/__storefront__/faults", json={"truncated": 1})

    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
        client.get(f"/dp/{ASIN}")


def test_a_dripping_answer_comes_a_byte_at_a_time(client):
    client.put("/__storefront__/faults", json={"dripping": 1})

    with client.stream("GET", f"/dp/{ASIN}") as answer:
        pieces = list(islice(answer.iter_raw(), 3))

    assert (sum(map(len, pieces)) < 10, int(answer.headers["content-length"]) > 1000) == (True, True)


def test_an_endless_answer_goes_on(client):
    client.put("/__storefront__/faults", json={"endless": 1})

    with client.stream("GET", f"/dp/{ASIN}") as answer:
        taken = sum(map(len, islice(answer.iter_raw(65_536), 100)))

    assert taken == 100 * 65_536


def test_a_bomb_is_small_until_it_is_unpacked(client):
    client.put("/__storefront__/faults", json={"bomb": 1})

    with client.stream("GET", f"/dp/{ASIN}") as answer:
        packed = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(packed) < 2**21
    assert len(zlib.decompressobj(31).decompress(packed, 2**24)) == 2**24


@pytest.mark.parametrize(
    ("kind", "location"), [("redirect_loop", f"/dp/{ASIN}?a=1"), ("redirect_private", "http://169.254.169.254/")]
)
def test_redirects_lead_in_circles_or_inside(client, kind, location):
    client.put("/__storefront__/faults", json={kind: 1})

    answer = client.get(f"/dp/{ASIN}?a=1")

    assert answer.status_code == 302
    assert answer.headers["location"].startswith(location)


def test_the_log_outlives_a_killed_server(tmp_path):
    for lap in (1, 2):
        process = start("--page-bytes", "0", "--request-log", str(tmp_path / "requests"))
        address = json.loads(process.stdout.readline())["url"]
        httpx.get(f"{address}/dp/{ASIN}?lap={lap}")
        paths = [entry["path"] for entry in httpx.get(f"{address}/__storefront__/requests").json()]
        process.kill()
        process.communicate(timeout=DEADLINE)

    assert paths == [f"/dp/{ASIN}?lap=1", f"/dp/{ASIN}?lap=2"]


def test_broken_answers_leave_the_server_well(client):
    client.put("/__storefront__/faults", json={"reset": 0.5, "truncated": 0.5})
    for _ in range(10):
        with pytest.raises(httpx.HTTPError):
            client.get(f"/dp/{ASIN}")
    client.delete("/__storefront__/faults")

    assert client.get(f"/dp/{ASIN}").status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps arriving data")
def test_a_request_is_stamped_when_it_arrives_not_when_it_is_read(server, url, client):
    """The process is held still while a request arrives: its stamp must not show it."""
    parts = urlsplit(url)
    client.delete("/__storefront__/requests")
    with socket.create_connection((parts.hostname, parts.port), timeout=DEADLINE) as held:
        request = f"GET /dp/{ASIN}?held HTTP/1.1\r\nHost: www.amazon.co.jp\r\nConnection: close\r\n\r\n".encode()
        # The first request makes sure that the connection is accepted.
        held.sendall(request.replace(b"?held", b"").replace(b"Connection: close\r\n", b""))
        held.recv(1)
        server.send_signal(signal.SIGSTOP)
        sent = time.time()
        held.sendall(request)
        while time.time() < sent + 0.3:
            held.getsockname()
        server.send_signal(signal.SIGCONT)
        while held.recv(65536):
            pass

    stamp = next(entry["time"] for entry in client.get("/__storefront__/requests").json() if "held" in entry["path"])
    assert sent <= stamp < sent + 0.1


def test_the_log_names_the_forwarded_marketplace(url, client):
    client.delete("/__storefront__/requests")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=DEADLINE)
    connection.request("GET", "/s?k=%E3%83%8E%E3%83%BC%E3%83%88&page=2", headers={"X-Forwarded-Host": "www.amazon.de"})
    connection.getresponse().read()
    connection.close()

    (entry,) = client.get("/__storefront__/requests").json()
    assert (entry["host"], entry["path"]) == ("amazon.de", "/s?k=%E3%83%8E%E3%83%BC%E3%83%88&page=2")


def test_it_stops_at_once_though_answers_are_slow():
    process = start("--page-bytes", "0")
    address = json.loads(process.stdout.readline())["url"]
    httpx.put(f"{address}/__storefront__/faults", json={"slow": 1, "slow_seconds": 60})
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=DEADLINE) as waiting:
        waiting.sendall(b"GET /dp/B07WXL5YPW HTTP/1.1\r\nHost: amazon.co.jp\r\n\r\n")
        deadline = time.monotonic() + DEADLINE
        while not httpx.get(f"{address}/__storefront__/requests").json():
            assert time.monotonic() < deadline
        began = time.monotonic()
        errors = stop(process)

    assert time.monotonic() - began < 2
    assert (process.returncode, errors) == (0, "")


def test_interrupt_stops_it_too():
    process = start()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)

    _, errors = process.communicate(timeout=DEADLINE)
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pages", "/no/such/folder"], "no folder /no/such/folder"),
        (["--page-bytes", "-1"], "less than 0"),
        (["--products", "many"], "invalid"),
    ],
)
def test_bad_options_are_explained(options, message):
    process = start(*options)

    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert message in errors


def test_a_taken_port_is_explained(url):
    process = start("--port", str(urlsplit(url).port))

    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert "cannot listen on 127.0.0.1" in errors
