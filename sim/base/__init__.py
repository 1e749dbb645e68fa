"""What every floor uses: translated text, files, the error of a command and the version."""

from pathlib import Path

__version__ = "0.1.0"


class CliError(Exception):
    """A command cannot be carried out; its text is the whole message."""


def reason(error: OSError, about: str | Path | None) -> str:
    """Return why a file or folder failed: our own words, or those of the system and its name."""
    if error.strerror is None:
        return str(error)
    return error.strerror if about is None else f"{about}: {error.strerror}"
