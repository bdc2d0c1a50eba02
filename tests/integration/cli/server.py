"""A real HTTP server on a free port that plays one job: its stream breaks off once, then runs on until released."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JOB_ID = "019ab0c2d7e47c60a1f2b3c4d5e6f708"
ROWS = 5_000


@dataclass
class Play:
    """What the server shows, and what it saw. The job completes when `release` is set."""

    url: str = ""
    release: threading.Event = field(default_factory=threading.Event)
    resumed_after: list[str | None] = field(default_factory=list)
    cancelled: bool = False

    def job(self, progress: int, status: str = "PROCESSING") -> dict[str, Any]:
        counts = {"total_items": 40, "progress": progress, "success_count": progress, "error_count": 0}
        return {"id": JOB_ID, "type": "BULK_ASIN", "status": status, "created_at": "2026-11-23T06:00:00Z", **counts}


@contextmanager
def serving() -> Iterator[Play]:
    play = Play()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(play))
    server.daemon_threads = True
    play.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield play
    finally:
        play.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(play: Play) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith("/events"):
                self._events()
            elif self.path.startswith("/v1/jobs?"):
                wanted = "status=" not in self.path or "status=PROCESSING" in self.path
                self._json({"items": [play.job(20)] if wanted else [], "next_cursor": None})
            elif self.path == "/v1/queues":
                self._json({"detail": "Only for operators."}, 403)
            elif "/items" in self.path:
                rows = [{**ITEM, "seq": seq} for seq in range(ROWS)]
                self._json({"items": rows, "next_cursor": None})
            else:
                self._json(play.job(40, "COMPLETED") if play.release.is_set() else play.job(0))

        def do_POST(self) -> None:
            play.cancelled = True
            self._json(play.job(0, "CANCELLED"))

        def _json(self, document: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _events(self) -> None:
            play.resumed_after.append(self.headers.get("Last-Event-ID"))
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if len(play.resumed_after) == 1:
                self._event("progress", play.job(10), "7")
                return  # without the last chunk: the connection breaks in the middle of the body
            self._event("progress", play.job(30), "9")
            play.release.wait(30)
            self._event("completed", play.job(40, "COMPLETED"), "10")
            self.wfile.write(b"0\r\n\r\n")

        def _event(self, name: str, job: dict[str, Any], event_id: str) -> None:
            frame = f"id: {event_id}\nevent: {name}\ndata: {json.dumps(job)}\n\n".encode()
            self.wfile.write(f"{len(frame):x}\r\n".encode() + frame + b"\r\n")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


ITEM: dict[str, Any] = {
    "asin": "B07WXL5YPW",
    "marketplace": "amazon.co.jp",
    "status": "succeeded",
    "attempts": 1,
    "error": None,
    "processed_at": None,
}
