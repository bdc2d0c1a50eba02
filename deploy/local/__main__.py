"""`python -m deploy.local`: the local stack from the command line, without anything else of the project."""

import argparse
import json
import os
import sys

from deploy.local import commands
from deploy.local.demo import demo
from deploy.local.errors import LocalError
from deploy.local.observe import observe, unobserve


def main() -> int:
    """Run one command; the exit code is 0, or 1 with the reason on standard error, or 130 after Ctrl-C."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "up":
            endpoints = _up()
            print(f"API at {endpoints['API_URL']}, storefront at {endpoints['STOREFRONT_URL']}")
            print(f"dashboard at {endpoints['API_URL']}/ (sign in with what `sed -n s/^TOKEN=//p .run/env` prints)")
            print("tokens in .run/env, logs in .run/log; `make down` ends it")
        case "down":
            unobserve()
            commands.down()
        case "observe":
            _observe()
        case "status":
            _print_status(as_json=arguments.json)
        case "demo":
            return demo()
        case "stop":
            commands.stop(arguments.name)
        case "start":
            commands.start(arguments.name)
    return 0


def _observe() -> None:
    if not commands.is_up():
        _up()
    endpoints = observe()
    print(f"Prometheus at {endpoints['PROMETHEUS_URL']}, Alertmanager at {endpoints['ALERTMANAGER_URL']}")
    print("alerts at /alerts, rules at /rules; `make down` ends both with the rest")


def _up() -> dict[str, str]:
    return commands.up(settings={"BROKER_METRICS": os.environ.get("BROKER_METRICS", "1")})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="The whole system on this machine.")
    names = parser.add_subparsers(dest="command", required=True)
    names.add_parser("up", help="start everything and leave it running")
    names.add_parser("down", help="end everything")
    names.add_parser("observe", help="run Prometheus and Alertmanager beside the stack")
    names.add_parser("demo", help="run a job of each type on a stack of its own, then end it")
    names.add_parser("status", help="list the programs").add_argument("--json", action="store_true")
    names.add_parser("stop", help="take one program down and keep it down").add_argument("name")
    names.add_parser("start", help="bring one program back").add_argument("name")
    return parser


def _print_status(*, as_json: bool) -> None:
    programs = commands.status()
    if as_json:
        print(json.dumps([vars(program) for program in programs], indent=2))
    elif not programs:
        print("not up")
    for program in [] if as_json else programs:
        state = program.state if program.ready or program.state != "running" else "not ready"
        megabytes = program.memory / 1_000_000
        print(
            f"{program.name:<14} {state:<11} pid {program.pid or '-':<8} restarts {program.restarts:<4}"
            f" {megabytes:6.1f} MB  port {program.port}"
        )


if __name__ == "__main__":
    sys.exit(main())
