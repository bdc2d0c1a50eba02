"""The errors every service tells apart; `shared.retry` decides what follows from each."""

from __future__ import annotations


class AsinflowError(Exception):
    """Base of our own errors: a stable `code` for machines, a sentence for people."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class DecodeError(AsinflowError):
    """A message that is not what its type says; it can never be handled."""

    code = "malformed_message"


# The code of a message about an item that its job does not have.
IMPOSSIBLE_ITEM = "impossible_item"


class PermanentError(AsinflowError):
    """Trying again cannot help."""

    code = "permanent"


class RetryableError(AsinflowError):
    """Trying again later may help; `retry_after` is the least wait in seconds when the other side named one."""

    code = "retryable"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class BlockedError(RetryableError):
    """The marketplace asked to slow down: nobody's fault, so the attempt does not count."""

    code = "blocked"


class NoLongerWantedError(AsinflowError):
    """The job ended while the request waited for its turn; nothing was sent."""

    code = "no_longer_wanted"


class BrokerUnavailableError(RetryableError):
    """RabbitMQ could not be reached or did not confirm in time."""

    code = "broker_unavailable"


class UnroutableError(RetryableError):
    """No queue takes this message yet: its consumer has never started, or does not serve this marketplace."""

    code = "unroutable"


class DatabaseUnavailableError(RetryableError):
    """MongoDB could not be reached in time."""

    code = "database_unavailable"


def name_part(error: BaseException, part: str) -> None:
    """Note which part of what a message asks for has failed with `error`: attempts count for each part by itself."""
    vars(error)["part"] = part


def part_of(error: BaseException) -> str | None:
    """The part that has failed; None where a message is handled as a whole."""
    return vars(error).get("part")
