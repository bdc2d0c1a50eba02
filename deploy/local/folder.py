"""Where one local stack keeps its data, logs, process ids and credentials."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Every process of a stack carries this variable, so that it is found again whoever started it and whatever died since.
MARK = "ASINFLOW_RUN_FOLDER"


@dataclass(frozen=True)
class RunFolder:
    """The files of one stack below `path`; two stacks never share a folder."""

    path: Path

    @property
    def pids(self) -> Path:
        return self.path / "pid"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def environment(self) -> Path:
        return self.path / "env"

    @property
    def secret(self) -> Path:
        return self.path / "secret"

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def ports(self) -> Path:
        return self.path / "ports.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folder and its rooms; only the owner may look inside, since credentials lie here."""
        for folder in (self.path, self.pids, self.logs, self.data):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    def write_private(self, path: Path, text: str) -> None:
        """Write `text` so that no other user can read it, not even for a moment."""
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        fresh.replace(path)


RUN = RunFolder(ROOT / ".run")
DEMO = RunFolder(ROOT / ".run" / "demo")
