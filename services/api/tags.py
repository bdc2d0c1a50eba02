"""Entity tags (RFC 9110, 8.8.3): of jobs, and of what else is asked for again and again. Pure."""

from __future__ import annotations

import hashlib

from services.api.responses import JobView

# What changes by the clock alone while a job runs.
PASSING = {"duration_seconds", "items_per_second", "eta_seconds"}


def entity_tag(view: JobView) -> str:
    """The job's revision, and a digest of all that is told of it: what it waits for changes without a new revision.

    Weak, because a view tells times as well, which pass while the job stays the same.
    """
    told = view.model_dump_json(exclude=PASSING).encode()
    return f'W/"{view.rev}-{hashlib.blake2b(told, digest_size=8).hexdigest()}"'


def tagged_revision(tag: str) -> str:
    """The revision that an entity tag names, weak or not, whatever digest follows it."""
    return tag.strip().removeprefix("W/").strip('"').partition("-")[0]


def is_named(tag: str, header: str) -> bool:
    """Whether an If-None-Match header names the tag, by the weak comparison that is meant there."""
    named = {_opaque(each) for each in header.split(",")}
    return "*" in named or _opaque(tag) in named


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")
