"""The answer of many runs: of every setting on the desk, paired, as fast as a slider moves."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from threading import Lock

from sim.language import _
from sim.rules.outcomes import OUTCOMES, Outcome
from sim.scenario import Scenario
from sim.studies.compare import ComparisonData
from sim.studies.store import MemoryStore
from sim.studies.study import StudyData, study
from sim.studies.workers import OUTCOME_NAMES, Done

RUNS = 500
# Chosen before anything is seen, so that intervals are corrected for these only.
SHOWN = ("agreement", "months_to_agreement", "inequity", "delivery", "months_survived")
MOST_KEPT = 64  # settings: about ten megabytes
MOST_WORK = 250_000  # stakeholders by rounds of one run: some thirty times the baseline's


class Shelf:
    """Runs that were carried out, by setting and seed: a setting is played once."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._done: OrderedDict[tuple[str, int, int], list[Done]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._done)

    def runs(self, scenario: Scenario, seed: int, runs: int = RUNS) -> list[Done]:
        """The runs of a setting, from the shelf or carried out now."""
        key = scenario.digest(), seed, runs
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
        done = list(study({"": scenario}, runs, seed, progress=False).parts())
        with self._lock:
            self._done[key] = done
            while len(self._done) > self._most:
                self._done.popitem(last=False)
        return done


@cache
def shelf() -> Shelf:
    """The one shelf of this process: tabs share what was carried out."""
    return Shelf()


def played(
    settings: Mapping[str, Scenario], seed: int, kept: Shelf | None = None, runs: int = RUNS
) -> StudyData:
    """All runs of some settings.

    Runs of the same number share their draws in all settings.

    Raises
    ------
    ValueError
        One of them is too large to be answered at once.

    Examples
    --------
    >>> import sim
    >>> done = played({"start": sim.load("team")}, seed=1, kept=Shelf(), runs=20)
    >>> done.runs.equals(sim.study({"start": "team"}, runs=20).runs)
    True
    """
    for scenario in settings.values():
        require_quick(scenario)
    kept = shelf() if kept is None else kept
    memory = MemoryStore()
    memory.begin(settings, runs)
    for name, scenario in settings.items():
        for done in kept.runs(scenario, seed, runs):
            memory.keep(done._replace(batch=done.batch._replace(scenario=name)))
    return StudyData(settings, seed, memory, runs)


def compared(done: StudyData, reference: str, *, whole: bool = False) -> ComparisonData | None:
    """What differs between the settings; None if there is only one.

    Parameters
    ----------
    whole
        Compare all outcomes, as a report does, and not only those that are shown.
    """
    if len(done.scenarios) < 2:
        return None
    return ComparisonData(done, reference, OUTCOME_NAMES if whole else SHOWN)


def require_quick(scenario: Scenario) -> None:
    """Refuse a setting whose runs would keep everybody waiting.

    Raises
    ------
    ValueError
        It is too large to be answered at once.
    """
    if scenario.people * scenario.latest_round > MOST_WORK:
        text = _(
            "with {people} stakeholders and up to {rounds} months {runs} runs take too long to be "
            "answered while you wait: save it as a file, and let `mufakat compare` do it"
        )
        people, rounds = f"{scenario.people:,}", f"{scenario.latest_round:,}"
        raise ValueError(text.format(people=people, rounds=rounds, runs=RUNS))


def items() -> tuple[Outcome, ...]:
    """The outcomes that are shown, in their order."""
    found = {item.name: item for item in OUTCOMES}
    return tuple(found[name] for name in SHOWN)
