"""The reader of a TOML file that names outcomes and scenarios: a file of claims or of targets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from sim.base.text import _
from sim.scenario import Scenario, load
from sim.scenario.errors import Fault, FieldPath, ScenarioError, did_you_mean
from sim.scenario.fields import Table, validation_error
from sim.scenario.files import SUFFIX, FileAccessError, inside, read_tables, shipped_file
from sim.studies.workers import OUTCOME_NAMES

Tables = TypeVar("Tables", bound=Table)


class InputFile:
    """A TOML file of a user. It collects its faults, so that one message lists all of them.

    Parameters
    ----------
    path
        The file. The files that it names are in its folder or below it.

    Attributes
    ----------
    faults
        What is wrong with its entries.

    Raises
    ------
    ScenarioError
        It cannot be read, or is not TOML.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.faults: list[Fault] = []
        self._tables, self._places, *_rest = read_tables(self.path)
        self._loaded: dict[str, Scenario] = {}

    def read(self, model: type[Tables]) -> Tables:
        """Return the content as a table of this type.

        Raises
        ------
        ScenarioError
            A name is unknown, or a value is missing or outside its range.
        """
        try:
            return model(**self._tables)
        except ValidationError as error:
            raise ScenarioError(validation_error(error, model).faults, self._places) from None

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Collect the faults of one entry, and go on with the next."""
        try:
            yield
        except ScenarioError as error:
            self.faults += error.faults

    def require_valid(self) -> None:
        """Raise an error with all faults, if there are any."""
        if self.faults:
            raise ScenarioError(dict.fromkeys(self.faults), self._places)

    def line(self, at: FieldPath) -> int:
        """Return the line of a value."""
        return self._places[at].line

    def scenario(self, name: str, at: FieldPath) -> Scenario:
        """Return a shipped scenario, or that of a file in the folder of this one.

        Parameters
        ----------
        name
            The name of a shipped scenario, or of a file that ends in ``.toml``.
        at
            The path of the value that names it.
        """
        if name not in self._loaded:
            try:
                is_file = name.endswith(SUFFIX)
                place = inside(self.path.parent, name) if is_file else shipped_file(name)
                self._loaded[name] = load(place)
            except FileAccessError as error:
                raise error_at(at, str(error)) from None
        return self._loaded[name]


def require_outcome(name: str, at: FieldPath) -> None:
    """Raise an error, with the outcome that was perhaps meant, if the name is unknown."""
    if name not in OUTCOME_NAMES:
        hint = did_you_mean(name, OUTCOME_NAMES)
        raise error_at(at, _('"{name}" is no outcome, {hint}', name=name, hint=hint))


def error_at(at: FieldPath, text: str) -> ScenarioError:
    """Return an error about one value of a file."""
    return ScenarioError([Fault(at, text)])
