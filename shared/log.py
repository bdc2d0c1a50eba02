"""Structured logs: one line per decision, JSON for machines, with job and message ids bound per message."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
import structlog.tracebacks
from structlog.typing import EventDict, WrappedLogger

from shared import tracing
from shared.masking import mask, mask_within
from shared.settings import Settings

# Without local variables: they are long, and may hold what no log may.
TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def mask_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace the value of every key that names a secret, and what looks like one in any text."""
    masked: EventDict = mask_within(event)
    return masked


def mask_line(_logger: WrappedLogger, _name: str, line: Any) -> str:
    """The same for a record that is text already, traceback included."""
    return mask(str(line))


def add_trace_id(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Name the trace that the record belongs to."""
    if "trace_id" not in event and (trace_id := tracing.current_trace_id()) is not None:
        event["trace_id"] = trace_id
    return event


def configure(service: str, settings: Settings) -> None:
    """Send our own and the libraries' records through one formatter to standard error."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    renderer: list[structlog.typing.Processor] = (
        [TRACEBACKS, mask_secrets, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback), mask_line]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared_steps,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.captureWarnings(True)
    for chatty in ("httpx", "httpcore", "pymongo", "hpack", "uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # A lost connection is told once, by shared.broker.
    for redundant in ("aiormq", "aio_pika"):
        logging.getLogger(redundant).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=settings.instance)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger(name)


def bound(**values: Any) -> Any:
    """A context manager that adds `values` to every record within."""
    return structlog.contextvars.bound_contextvars(**values)
