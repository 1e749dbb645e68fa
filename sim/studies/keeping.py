"""What keeps the runs of a study while it is carried out and is asked for them afterwards."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from sim.language import _
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.studies.batches import OUTCOME_NAMES, Done

ROUNDS = "rounds"
KEPT_IF_ASKED = (ROUNDS,)


class Keeper(Protocol):
    """Where runs are kept, batch by batch: in memory, or in a folder."""

    @property
    def damaged(self) -> Sequence[str]:
        """Names of the files that were not what they should be."""

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Make ready to keep so many runs of these scenarios, and look which are there already."""

    def keep(self, done: Done) -> None:
        """Keep what a batch came to."""

    def finish(self) -> None:
        """Clear away what is not needed once all runs are there."""

    def there(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Which of the first so many runs of a scenario are there (with their rounds)."""

    def parts(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[Done]:
        """What is there of the first so many runs of a scenario, in order, each run once.

        Parameters
        ----------
        outcomes
            The columns that are wanted.
        rounds
            Give only runs whose rounds are kept, and those.
        """


class Memory:
    """Runs that are kept as long as the study is."""

    damaged = ()

    def __init__(self) -> None:
        self._parts: dict[str, list[Done]] = {}

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Keep what is there."""
        self._parts = {name: self._parts.get(name, []) for name in scenarios}

    def keep(self, done: Done) -> None:
        """Keep what a batch came to."""
        self._parts[done.batch.scenario].append(done)

    def finish(self) -> None:
        """Put the batches in order."""
        for parts in self._parts.values():
            parts.sort(key=lambda part: part.batch.first)

    def there(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Which runs of a scenario are there."""
        return [part.batch.runs for part in self._parts[name] if part.batch.rounds >= rounds]

    def parts(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[Done]:
        """What is there of a scenario, in order."""
        places = [OUTCOME_NAMES.index(column) for column in outcomes]
        for part in self._parts[name]:
            if part.batch.rounds >= rounds:
                whole = len(places) == len(OUTCOME_NAMES)
                yield part if whole else part._replace(outcomes=part.outcomes[:, places])


def require_keepable(keep: str | Iterable[str]) -> Collection[str]:
    """The words for what is kept besides outcomes, if all are known.

    Raises
    ------
    ValueError
        One is not.

    Examples
    --------
    >>> require_keepable("rounds")
    ('rounds',)
    >>> require_keepable(["round"])
    Traceback (most recent call last):
    ...
    ValueError: keep: "round" cannot be kept, did you mean "rounds"?
    """
    words = (keep,) if isinstance(keep, str) else tuple(keep)
    for word in words:
        if word not in KEPT_IF_ASKED:
            text = _('keep: "{word}" cannot be kept, {hint}')
            raise ValueError(text.format(word=word, hint=did_you_mean(word, KEPT_IF_ASKED)))
    return words
