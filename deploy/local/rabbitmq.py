"""A RabbitMQ node of our own, next to any other on the machine and independent of it."""

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK, Ports
from deploy.local.program import Program

# Debian's command in /usr/sbin switches the user and uses the folders of the system; this one does neither.
_DEBIAN_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_SECONDS_TO_STOP = 20.0


@dataclass(frozen=True)
class Binaries:
    server: str
    epmd: str


def find_binaries() -> Binaries | None:
    """The installed RabbitMQ, or None."""
    server = str(_DEBIAN_SERVER) if _DEBIAN_SERVER.exists() else shutil.which("rabbitmq-server")
    epmd = shutil.which("epmd") or next((str(path) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None)
    return Binaries(server, epmd) if server and epmd else None


def url(ports: Ports) -> str:
    return f"amqp://guest:guest@{LOOPBACK}:{ports['rabbitmq']}/"


def management_url(ports: Ports) -> str:
    return f"http://guest:guest@{LOOPBACK}:{ports['rabbitmq-management']}"


def metrics_url(ports: Ports) -> str:
    return f"http://{LOOPBACK}:{ports['rabbitmq-prometheus']}"


def programs(
    binaries: Binaries, folder: Path, ports: Ports, *, management: bool, durable: bool, metrics: bool = False
) -> list[Program]:
    """The node and the name server that it needs, with their settings and data below `folder`.

    `metrics` adds the Prometheus plugin, `management` the management plugin as well. Without `durable` the node is
    killed rather than stopped.
    """
    _write_settings(folder, ports, management=management, metrics=metrics)
    environment = _environment(folder, ports)
    port = ports["rabbitmq"]
    epmd_port = ports["epmd"]
    epmd = Program(
        name="epmd",
        command=[binaries.epmd, "-port", str(epmd_port), "-address", LOOPBACK],
        ready=f"tcp://{LOOPBACK}:{epmd_port}",
        port=epmd_port,
        stage=0,
        listed=False,
    )
    node = Program(
        name="rabbitmq",
        command=[binaries.server],
        ready=f"amqp://{LOOPBACK}:{port}",
        port=port,
        stage=1,
        environment=environment,
        grace_seconds=_SECONDS_TO_STOP if durable else 0,
    )
    return [epmd, node]


def _write_settings(folder: Path, ports: Ports, *, management: bool, metrics: bool) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = [
        f"listeners.tcp.1 = {LOOPBACK}:{ports['rabbitmq']}",
        "disk_free_limit.absolute = 50MB",
        "vm_memory_high_watermark.absolute = 1GB",
        "log.file = false",
        "log.console = true",
    ]
    plugins = ["management", "prometheus"] if management else ["prometheus"] if metrics else []
    for plugin in plugins:
        lines += [f"{plugin}.tcp.ip = {LOOPBACK}", f"{plugin}.tcp.port = {ports[f'rabbitmq-{plugin}']}"]
    (folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
    (folder / "plugins").write_text(f"[{','.join(f'rabbitmq_{plugin}' for plugin in plugins)}].\n")
    (folder / "environment").touch()
    cookie = folder / ".erlang.cookie"
    if not cookie.exists():
        cookie.touch(mode=0o600)
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)


def _node_name(folder: Path) -> str:
    """A random name, kept for as long as the data, which belong to it."""
    kept = folder / "node.json"
    if not kept.exists():
        kept.write_text(json.dumps(f"asinflow-{secrets.token_hex(4)}@localhost"))
    name: str = json.loads(kept.read_text())
    return name


def _environment(folder: Path, ports: Ports) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_CRASH_DUMP": "/dev/null",
        "RABBITMQ_NODENAME": _node_name(folder),
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(ports["rabbitmq"]),
        "RABBITMQ_DIST_PORT": str(ports["rabbitmq-dist"]),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG": "-color",
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "environment"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
        # Makes the launcher replace itself by the broker, so that the process id is the broker's.
        "RUNNING_UNDER_SYSTEMD": "1",
    }
