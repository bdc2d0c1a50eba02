"""A program for the supervisor to keep: serves /readyz on a port and notes its starts and ends in a diary."""

import argparse
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("port", type=int)
    parser.add_argument("diary", type=Path)
    parser.add_argument("--broken", action="store_true", help="die at once")
    parser.add_argument("--misled", action="store_true", help="die at once, of a wrong setting")
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--with-child", action="store_true", help="start a process of its own")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before it is ready")
    arguments = parser.parse_args()

    def note(event: str) -> None:
        with arguments.diary.open("a") as diary:
            diary.write(f"{time.monotonic():.3f} {event} {arguments.name}\n")

    def end(*_: object) -> None:
        note("end")
        sys.exit(0)

    note("start")
    if arguments.broken:
        sys.exit("the moon is in the wrong phase")
    if arguments.misled:
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if arguments.stubborn else end)
    if arguments.with_child:
        subprocess.Popen(["sleep", "120"])
    time.sleep(arguments.slow)
    server = HTTPServer(("127.0.0.1", arguments.port), Ready)
    note("ready")
    server.serve_forever()


if __name__ == "__main__":
    main()
