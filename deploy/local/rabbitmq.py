"""A RabbitMQ node of our own, or a cluster of several, next to any other on the machine and independent of it."""

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


def url(ports: Ports, nodes: int = 1) -> str:
    """Where clients connect: the addresses of all nodes, separated by commas."""
    return ",".join(f"amqp://guest:guest@{LOOPBACK}:{ports[name]}/" for name in node_names(nodes))


def management_url(ports: Ports) -> str:
    return f"http://guest:guest@{LOOPBACK}:{ports['rabbitmq-management']}"


def metrics_url(ports: Ports) -> str:
    return f"http://{LOOPBACK}:{ports['rabbitmq-prometheus']}"


def node_names(nodes: int) -> list[str]:
    """The names of the programs that are nodes: the first one's is the same with and without others."""
    return ["rabbitmq", *(f"rabbitmq-{number}" for number in range(2, nodes + 1))]


def programs(
    binaries: Binaries,
    data: Path,
    ports: Ports,
    *,
    management: bool,
    durable: bool,
    metrics: bool = False,
    nodes: int = 1,
) -> list[Program]:
    """The nodes and the name server that they need, with their settings and data in folders of their own in `data`.

    `metrics` adds the Prometheus plugin, `management` the management plugin as well. Without `durable` a node is killed
    rather than stopped. Several nodes find one another at their first start, and so must all be started together.
    """
    plugins = ["management", "prometheus"] if management else ["prometheus"] if metrics else []
    epmd_port = ports["epmd"]
    epmd = Program(
        name="epmd",
        command=[binaries.epmd, "-port", str(epmd_port), "-address", LOOPBACK],
        ready=f"tcp://{LOOPBACK}:{epmd_port}",
        port=epmd_port,
        stage=0,
        listed=False,
    )
    names = node_names(nodes)
    cluster = [_identity(data / name) for name in names]
    started = [_node(binaries, name, data, ports, cluster, plugins, durable=durable) for name in names]
    return [epmd, *started]


def _node(
    binaries: Binaries, name: str, data: Path, ports: Ports, cluster: list[str], plugins: list[str], *, durable: bool
) -> Program:
    folder, port = data / name, ports[name]
    _write_settings(folder, name, ports, cluster, plugins)
    _share_cookie(folder, data / "rabbitmq")
    return Program(
        name=name,
        command=[binaries.server],
        ready=f"amqp://{LOOPBACK}:{port}",
        port=port,
        stage=1,
        environment=_environment(folder, name, ports),
        grace_seconds=_SECONDS_TO_STOP if durable else 0,
    )


def _write_settings(folder: Path, name: str, ports: Ports, cluster: list[str], plugins: list[str]) -> None:
    lines = [
        f"listeners.tcp.1 = {LOOPBACK}:{ports[name]}",
        "disk_free_limit.absolute = 50MB",
        "vm_memory_high_watermark.absolute = 1GB",
        "log.file = false",
        "log.console = true",
    ]
    if len(cluster) > 1:
        lines += ["cluster_formation.peer_discovery_backend = classic_config"]
        lines += [f"cluster_formation.classic_config.nodes.{n} = {node}" for n, node in enumerate(cluster, 1)]
        lines += ["cluster_partition_handling = pause_minority", "queue_leader_locator = balanced"]
    for plugin in plugins:
        lines += [f"{plugin}.tcp.ip = {LOOPBACK}", f"{plugin}.tcp.port = {ports[f'{name}-{plugin}']}"]
    (folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
    (folder / "plugins").write_text(f"[{','.join(f'rabbitmq_{plugin}' for plugin in plugins)}].\n")
    (folder / "environment").touch()


def _share_cookie(folder: Path, first: Path) -> None:
    """Nodes talk to one another only with the same secret; the first one's is made at its first start."""
    cookie, shared = folder / ".erlang.cookie", first / ".erlang.cookie"
    if not cookie.exists():
        secret = shared.read_text() if shared.exists() else secrets.token_hex(20)
        cookie.touch(mode=0o600)
        cookie.write_text(secret)
        cookie.chmod(0o400)


def _identity(folder: Path) -> str:
    """A random node name, kept for as long as the data, which belong to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / "node.json"
    if not kept.exists():
        kept.write_text(json.dumps(f"asinflow-{secrets.token_hex(4)}@localhost"))
    name: str = json.loads(kept.read_text())
    return name


def _environment(folder: Path, name: str, ports: Ports) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_CRASH_DUMP": "/dev/null",
        "RABBITMQ_NODENAME": _identity(folder),
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(ports[name]),
        "RABBITMQ_DIST_PORT": str(ports[f"{name}-dist"]),
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
