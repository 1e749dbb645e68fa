"""Waves of sets of values: how they are drawn, evaluated in runs, weighted and stored.

Adaptive multiple importance sampling (Cornuet, Marin, Mira & Robert 2012). The first wave covers
the bounds evenly; each later one is drawn around what fits so far; and the weight of every set of
every wave is prior times likelihood over the mixture that all sets were drawn from. The likelihood
takes what is known of a target as an error around it, which makes the approximation of ABC an exact
answer to a model with that error (Wilkinson 2013). Early waves temper the likelihood, so that no
single lucky set draws all the others to itself.

All of it happens on normal scores: the prior, even between the bounds, is a standard normal there.
Each draw is a function of seed, wave and place in the wave.
"""

import hashlib
import io
import json
import math
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import scipy
from scipy import special
from tqdm import tqdm

from sim.base import __version__
from sim.base.files import MANIFEST
from sim.base.text import _
from sim.engine.runs import outcomes_under
from sim.evidence.target_file import Task
from sim.rules.compile import source_digest
from sim.studies.statistics import Numbers
from sim.studies.store import DamagedFileError, StoreError, StoreFolder, digest_of, manifest_text
from sim.studies.workers import NUMBERS_COME_FROM, OUTCOME_NAMES

FREEDOM = 10.0  # of Student's t that later waves are drawn from: tails wider than a normal's
WIDER = 1.15  # than what fits so far, in standard deviations
TIED = 0.05  # correlations are taken to be this much weaker than in the sample
MIN_SHARE = 0.1  # of a wave's sets must count when the next proposal is adapted
EPSILON = 1e-9


class Proposal(NamedTuple):
    """The distribution that a wave is drawn from: a Student t on normal scores, or the prior."""

    middle: Numbers
    factor: Numbers  # a square root of its scale matrix
    is_prior: bool = False

    def log_density(self, scores: Numbers) -> Numbers:
        """Return the logarithm of the density at each row of scores."""
        count = len(self.middle)
        if self.is_prior:
            return log_prior(scores)
        away = np.linalg.solve(self.factor, (scores - self.middle).T)
        squares = (away * away).sum(axis=0)
        whole = (FREEDOM + count) / 2
        constant = (
            math.lgamma(whole) - math.lgamma(FREEDOM / 2) - count / 2 * math.log(FREEDOM * math.pi)
        )
        size = np.log(np.abs(np.diag(self.factor))).sum()
        density: Numbers = constant - size - whole * np.log1p(squares / FREEDOM)
        return density


def prior(count: int) -> Proposal:
    """Return the proposal of the first wave."""
    return Proposal(np.zeros(count), np.eye(count), True)


def log_prior(scores: Numbers) -> Numbers:
    """Return the logarithm of the prior density at each row of normal scores."""
    count = scores.shape[1]
    density: Numbers = -0.5 * ((scores * scores).sum(axis=1) + count * math.log(2 * math.pi))
    return density


def draw(proposal: Proposal, size: int, seed: int, wave: int) -> Numbers:
    """Draw the scores of one wave from a scrambled Sobol' design; its size is a power of 2.

    >>> draw(prior(2), 4, seed=1, wave=1).shape
    (4, 2)
    """
    from scipy.stats import chi2, qmc  # late: slow to import

    count = len(proposal.middle)
    design = qmc.Sobol(count + 1, scramble=True, seed=np.random.default_rng([seed, wave]))
    places = np.clip(design.random(size), EPSILON, 1 - EPSILON)
    scores: Numbers = special.ndtri(places[:, :count])
    if not proposal.is_prior:
        stretch = np.sqrt(FREEDOM / chi2.ppf(places[:, count], FREEDOM))
        scores = proposal.middle + stretch[:, None] * (scores @ proposal.factor.T)
    return scores


def log_weights(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal]) -> Numbers:
    """Return the logarithm of the weight of each set.

    Parameters
    ----------
    scores
        All sets of all waves, of equally many sets each.
    fit
        Logarithm of how likely the targets are under each set.
    proposals
        The distribution that each wave was drawn from.
    """
    mixture = special.logsumexp([proposal.log_density(scores) for proposal in proposals], axis=0)
    weights: Numbers = log_prior(scores) - (mixture - math.log(len(proposals))) + fit
    return weights


def shares(logarithms: Numbers) -> Numbers:
    """Return weights that sum to 1, or are all 0 if no set has a weight.

    >>> shares(np.log([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    most = logarithms.max()
    if not np.isfinite(most):
        return np.zeros(len(logarithms))
    weights = np.exp(logarithms - most)
    normalised: Numbers = weights / weights.sum()
    return normalised


def effective(weights: Numbers) -> float:
    """Return the effective number of sets: how many equal weights are worth these (Kish 1965)."""
    squares = float((weights * weights).sum())
    return 1.0 / squares if squares > 0 else 0.0


def tempered(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal], enough: float) -> float:
    """Return the power of the likelihood, at most 1, at which enough sets count."""

    def count(power: float) -> float:
        return effective(shares(log_weights(scores, _powered(fit, power), proposals)))

    if count(1.0) >= enough:
        return 1.0
    low, high = 0.0, 1.0
    for _step in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) >= enough else (low, middle)
    return low


def adapt(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal], enough: float) -> Proposal:
    """Return the proposal of the next wave, adapted to the sets that fit so far."""
    power = tempered(scores, fit, proposals, enough)
    weights = shares(log_weights(scores, _powered(fit, power), proposals))
    middle = weights @ scores
    gaps = scores - middle
    spread = (gaps * weights[:, None]).T @ gaps
    variances = np.diag(np.diag(spread))
    spread = (1 - TIED) * spread + TIED * variances + EPSILON * np.eye(len(middle))
    factor: Numbers = np.asarray(WIDER * np.linalg.cholesky(spread), dtype=np.float64)
    return Proposal(middle, factor)


def _powered(fit: Numbers, power: float) -> Numbers:
    """Return a tempered likelihood; an impossible set stays impossible."""
    return np.where(np.isfinite(fit), power * fit, -np.inf)


def resampled(weights: Numbers, count: int) -> Numbers:
    """Return how often each set is drawn into a sample of equal sets, by systematic resampling.

    >>> resampled(np.array([0.5, 0.3, 0.2]), 10).tolist()
    [5.0, 3.0, 2.0]
    """
    ends = np.minimum(np.cumsum(weights) * count, count)
    ends[-1] = count
    times: Numbers = np.diff(np.floor(ends + 0.5 - EPSILON), prepend=0.0)
    return times


Bar: TypeAlias = "tqdm[Any]"

SOURCES = (
    *NUMBERS_COME_FROM,
    *(f"evidence/{name}.py" for name in ("calibrate", "evaluate", "measures")),
)
PIECE = 32  # sets that are evaluated, and stored, together
MAX_RUNS_AT_ONCE = 2000  # whose outcomes are in memory at a time
MADE_BY = "mufakat calibrate"
_PIECE = re.compile(r"(?P<wave>\d{3})-(?P<first>\d{6})-(?P<digest>[0-9a-f]{32})\.npy")


class PieceStore:
    """The evaluated pieces of the waves of one calibration.

    Parameters
    ----------
    digest
        Of the task: see :func:`task_digest`.
    folder
        Where they are stored; only in memory, if not given.

    Raises
    ------
    StoreError
        The folder holds another calibration, or other files.
    OSError
        It cannot be read or written.
    """

    def __init__(self, digest: str, folder: Path | None) -> None:
        self._folder = None if folder is None else StoreFolder(folder, MADE_BY, _PIECE)
        self._pieces: dict[tuple[int, int], Numbers] = {}
        if self._folder is not None:
            self._resume(self._folder, digest)

    def get(self, wave: int, first: int) -> Numbers | None:
        """Return a piece, or None if it is not stored."""
        return self._pieces.get((wave, first))

    def put(self, wave: int, first: int, piece: Numbers) -> None:
        """Store a piece."""
        self._pieces[wave, first] = piece
        if self._folder is not None:
            stream = io.BytesIO()
            np.save(stream, piece)
            content = stream.getvalue()
            self._folder.write(f"{wave:03}-{first:06}-{digest_of(content)}.npy", content)

    def wave(self, wave: int, starts: list[int]) -> Numbers:
        """Return all pieces of a wave that is complete."""
        return np.concatenate([self._pieces[wave, start] for start in starts])

    def _resume(self, folder: StoreFolder, digest: str) -> None:
        """Read the pieces of a folder that holds this calibration, or nothing yet."""
        text = _("{folder} holds {file}, which no calibration writes: give another folder")
        folder.require_own_files(text, with_manifest=True)
        files, manifest = folder.files(), folder.read_manifest() or {}
        in_use = bool(files) or (folder.path / MANIFEST).exists()
        if in_use and manifest.get("asked") != digest:
            text = _(
                "{folder} holds another calibration, or one of another version: give another folder"
            )
            raise StoreError(text.format(folder=folder.path))
        folder.create()
        manifest = {"made_by": MADE_BY, "version": __version__, "asked": digest}
        folder.write(MANIFEST, manifest_text(manifest).encode())
        for file in files:
            with suppress(DamagedFileError):  # it is evaluated again
                content = folder.read(file[0], file["digest"])
                piece = np.load(io.BytesIO(content), allow_pickle=False)
                self._pieces[int(file["wave"]), int(file["first"])] = piece


def evaluate_sets(task: Task, values: Numbers, seed: int, first: int, runs: int) -> Numbers:
    """Evaluate every target under each set.

    Set k has the runs from (first + k) x runs on, so that no two sets share a run.

    Parameters
    ----------
    values
        Shape (sets, fields).

    Returns
    -------
    Number and error: shape (sets, targets, 2).
    """
    result = np.empty((len(values), len(task.targets), 2))
    step = max(MAX_RUNS_AT_ONCE // runs, 1)
    for start in range(0, len(values), step):
        part = values[start : start + step]
        repeated = np.repeat(part, runs, axis=0)
        outcomes = {
            name: outcomes_under(
                task.scenarios[name], task.fields, repeated, seed, (first + start) * runs
            )
            for name in task.measured
        }
        for place, target in enumerate(task.targets):
            column = OUTCOME_NAMES.index(target.outcome)
            own = {name: table[:, column].reshape(-1, runs) for name, table in outcomes.items()}
            against = own[target.against] if target.against else None
            number, error = target.measured(own[target.scenario], against)
            result[start : start + step, place] = np.stack([number, error], axis=1)
    return result


class Evaluator(NamedTuple):
    """Evaluates the waves of one calibration, and shows how far it is."""

    task: Task
    seed: int
    store: PieceStore
    bar: Bar

    def wave(self, number: int, values: Numbers, *, first: int, runs: int) -> Numbers:
        """Evaluate the sets of a wave on all processors, but for the pieces that are stored.

        Parameters and returned array are those of :func:`evaluate_sets`.
        """
        pieces = {start: values[start : start + PIECE] for start in range(0, len(values), PIECE)}
        missing = {k: piece for k, piece in pieces.items() if self.store.get(number, k) is None}
        self.bar.update(len(values) - sum(map(len, missing.values())))
        threads = ThreadPoolExecutor(os.cpu_count())
        try:
            futures = {
                start: threads.submit(
                    evaluate_sets, self.task, piece, self.seed, first + start, runs
                )
                for start, piece in missing.items()
            }
            for start, future in futures.items():
                self.store.put(number, start, future.result())
                self.bar.update(len(missing[start]))
        finally:
            threads.shutdown(cancel_futures=True)
        return self.store.wave(number, list(pieces))


def task_digest(task: Task, runs: int, sets: int, seed: int) -> str:
    """Return a digest of everything that the sets of a calibration and their numbers depend on.

    The design and the square roots of matrices depend on the releases of NumPy and SciPy.
    """
    content = [
        source_digest(SOURCES), np.__version__, scipy.__version__, runs, sets, seed,
        [list(item[:3]) for item in task.free],
        [[*target[2:3], *target.statistic, *target[4:]] for target in task.targets],
        {name: task.scenarios[name].digest() for name in task.measured},
    ]  # fmt: skip
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
