"""A MongoDB of our own: `mongod` where it is installed, else the compatible server from the locked packages."""

import shutil
import sysconfig
from pathlib import Path

from deploy.local.ports import LOOPBACK, Ports
from deploy.local.program import Program


def url(ports: Ports) -> str:
    """Where clients connect.

    The driver's own retries are off: the stand-in slows down as it records them, and a single `mongod` refuses them.
    """
    return f"mongodb://{LOOPBACK}:{ports['mongo']}/?retryWrites=false"


def find_binary() -> str | None:
    """`mongod` from the search path, else the stand-in of this virtual environment, else None."""
    return shutil.which("mongod") or shutil.which("secantusd-rs", path=sysconfig.get_path("scripts"))


def program(binary: str, folder: Path, ports: Ports, *, sync: bool, durable: bool) -> Program:
    """The server with its data below `folder`.

    With `sync` an acknowledged write survives a kill. Without `durable` the server is killed rather than stopped.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = ports["mongo"]
    arguments = _mongod if Path(binary).name == "mongod" else _stand_in
    return Program(
        name="mongo",
        command=[binary, *arguments(folder, port, sync=sync)],
        ready=f"mongodb://{LOOPBACK}:{port}",
        port=port,
        stage=1,
        grace_seconds=10.0 if durable else 0,
    )


def _mongod(folder: Path, port: int, *, sync: bool) -> list[str]:
    interval = ["--journalCommitInterval", "1"] if sync else []
    return ["--bind_ip", LOOPBACK, "--port", str(port), "--dbpath", str(folder), *interval]


def _stand_in(folder: Path, port: int, *, sync: bool) -> list[str]:
    settings = folder / "settings.toml"
    settings.touch()
    return [
        *("--config", str(settings)),  # an empty one, so that none of the user's is read
        *("--host", LOOPBACK, "--port", str(port)),
        *("--storage-path", str(folder / "store")),
        *("--cache-size", "256M", "--log-file-max", "128MB", "--log-level", "WARNING"),
        # With its own limit, of 100,000, every write past that prunes as many entries, at several times its own cost.
        *("--oplog-max-entries", "10000000"),
        *(["--sync-on-commit"] if sync else []),
    ]
