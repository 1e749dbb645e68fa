"""What the command cannot do, said in one message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.language import _


class Refusal(Exception):
    """What was asked for cannot be done; the text is all there is to say about it."""


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Turn whatever keeps a result out of the folder into a refusal."""
    try:
        yield
    except OSError as error:
        raise Refusal(
            _("mufakat: the result was not saved: {reason}", reason=reason(error, folder))
        ) from error


def reason(error: OSError, about: str | Path | None) -> str:
    """What went wrong, and with what: our own words if we raised it, else the system's."""
    if error.strerror is None:
        return str(error)
    return error.strerror if about is None else f"{about}: {error.strerror}"
