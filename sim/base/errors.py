"""The error that ends a command with one message, and what it says of the system's errors."""

from pathlib import Path


class CliError(Exception):
    """A command cannot be carried out; its text is the whole message."""


def reason(error: OSError, about: str | Path | None) -> str:
    """Returns what went wrong: our own words if we raised it, else the system's and its file."""
    if error.strerror is None:
        return str(error)
    return error.strerror if about is None else f"{about}: {error.strerror}"
