"""RabbitMQ's own command line, pointed at a node of ours."""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from deploy.local.program import Plan

_DEBIAN_COMMAND = Path("/usr/lib/rabbitmq/bin/rabbitmqctl")
_SECONDS = 60.0


def run(folder: RunFolder, *arguments: str, node: str = "rabbitmq") -> str:
    """What `rabbitmqctl` prints about the program called `node`.

    Raises CalledProcessError when it fails, also when the node is down, and LocalError when there is no such program.
    """
    command = str(_DEBIAN_COMMAND) if _DEBIAN_COMMAND.exists() else shutil.which("rabbitmqctl")
    programs = {program.name: program for program in Plan.from_json(folder.plan.read_text()).programs}
    if command is None or node not in programs:
        raise LocalError(f"there is no {node} of ours to be told something")
    done = subprocess.run(
        [command, "--quiet", *arguments],
        env={"PATH": os.environ["PATH"], **programs[node].environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=True,
    )
    return done.stdout.decode()
