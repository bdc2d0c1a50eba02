"""The one error that the local stack shows to people instead of a traceback."""


class LocalError(Exception):
    """Something that the reader of the message can put right, or the log lines of the program that failed."""
