"""Faults on demand: which share of requests is answered badly, and how."""

import random
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deploy.local.storefront.marketplaces import require_marketplace

Share = Annotated[float, Field(ge=0, le=1)]
KINDS = (
    *("404", "429", "503", "captcha", "continue", "slow", "reset", "truncated"),
    *("dripping", "endless", "bomb", "redirect_loop", "redirect_private"),
)


class FaultPlan(BaseModel):
    """The shares of requests that are answered badly, by kind; a request has at most one fault.

    ``hosts`` and ``paths`` (a regular expression searched in path and query) narrow the plan to some requests. Equal
    plans give equal sequences of faults: the draw starts anew from ``seed`` with each plan.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    not_found: Share = Field(0.0, alias="404")
    too_many: Share = Field(0.0, alias="429")
    out_of_service: Share = Field(0.0, alias="503")
    captcha: Share = 0.0
    continue_page: Share = Field(0.0, alias="continue")
    slow: Share = 0.0
    reset: Share = 0.0
    truncated: Share = 0.0
    dripping: Share = 0.0
    endless: Share = 0.0
    bomb: Share = 0.0
    redirect_loop: Share = 0.0
    redirect_private: Share = 0.0
    slow_seconds: float = Field(5.0, ge=0, le=600)
    retry_after: int | None = Field(None, ge=0)
    hosts: tuple[str, ...] | None = None
    paths: str | None = None
    seed: int = 1

    @field_validator("hosts")
    @classmethod
    def _known_hosts(cls, hosts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if hosts is None else tuple(require_marketplace(host).host for host in hosts)

    @field_validator("paths")
    @classmethod
    def _valid_pattern(cls, paths: str | None) -> str | None:
        if paths is not None:
            try:
                re.compile(paths)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return paths

    @model_validator(mode="after")
    def _shares_fit(self) -> "FaultPlan":
        total = sum(self.shares().values())
        if total > 1 + 1e-9:
            raise ValueError(f"the shares add up to {total:g}, more than all requests")
        return self

    def shares(self) -> dict[str, float]:
        """The share of each kind of fault, in the order of `KINDS`."""
        by_alias = self.model_dump(by_alias=True)
        return {kind: by_alias[kind] for kind in KINDS}


class Faults:
    """Draws the fault of each request from the plan in force."""

    def __init__(self) -> None:
        self.install(FaultPlan.model_validate({}))

    def install(self, plan: FaultPlan) -> None:
        """Puts a plan in force from the next request on."""
        self.plan = plan
        self._shares = plan.shares()
        self._pattern = re.compile(plan.paths) if plan.paths is not None else None
        self._chance = random.Random(plan.seed)

    def draw(self, host: str, path: str) -> str | None:
        """The kind of fault for a request, or None to answer it well. Requests outside the plan draw nothing."""
        if self.plan.hosts is not None and host not in self.plan.hosts:
            return None
        if self._pattern is not None and not self._pattern.search(path):
            return None
        point = self._chance.random()
        for kind, share in self._shares.items():
            if point < share:
                return kind
            point -= share
        return None


def parse_plan(body: bytes) -> FaultPlan:
    """The plan of a JSON body; ``ValueError`` naming every field that is wrong or unknown."""
    try:
        return FaultPlan.model_validate_json(body)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, found['loc'])) or 'plan'}: {found['msg']}" for found in error.errors())
        raise ValueError("; ".join(problems)) from error
