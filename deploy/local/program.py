"""What to run: the description of one program and of the whole stack, as handed to the supervisor."""

import json
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True)
class Program:
    """One process of the stack.

    Stages start in ascending order, each when the one before is ready, and stop in descending order. `ready` is a
    target for `probe.is_ready`. A program that is not `listed` only accompanies another one.
    """

    name: str
    command: list[str]
    ready: str
    port: int
    stage: int
    environment: dict[str, str] = field(default_factory=dict)
    grace_seconds: float = 10.0
    listed: bool = True


@dataclass(frozen=True)
class Plan:
    """A stack to supervise; it ends with the process `while_pid`, if one is named."""

    folder: str
    programs: list[Program]
    while_pid: int | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(**{**fields, "programs": [Program(**program) for program in fields["programs"]]})


@dataclass(frozen=True)
class Status:
    """How one program is: `state` is running, restarting or stopped; `memory` is resident bytes.

    `last_code` is the exit code with which it last ended by itself, None when it never has.
    """

    name: str
    pid: int | None
    state: str
    ready: bool
    restarts: int
    memory: int
    port: int
    last_code: int | None
