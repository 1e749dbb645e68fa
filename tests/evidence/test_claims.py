"""What the project's own documents say of results, tested like anybody's claims."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.rules.outcomes import OUTCOMES, YES
from sim.studies.claims import REFUTED, SUPPORTED, decide
from sim.studies.statistics import Estimate, estimate

pytestmark = pytest.mark.slow


def test_what_the_documents_say_is_supported(root: Path) -> None:
    found = sim.check_claims(root / "tests" / "evidence" / "claims.toml", progress=False)
    print(f"\n{found.told()}")
    assert found.exit_code == 0


@pytest.mark.parametrize("pairs", [50, 200, 1000])
def test_wrong_verdicts_are_as_rare_as_is_said_on_the_models_own_outcomes(pairs: int) -> None:
    """Files of 15 claims just at the margin; the truth is that of 30,000 runs of each scenario.

    Wrongly supported or refuted may each be 2.5 % of at most 600 files; twice the standard error is
    1.3 %, and of the 30 files of 1,000 pairs 5.7 %.
    """
    runs = sim.study(["team", "community", "low_trust"], 30_000, seed=77, progress=False).runs
    names = [item.name for item in OUTCOMES]
    asked = [item.unit == YES for item in OUTCOMES]
    tables = [
        own.sort_values("run")[names].to_numpy(dtype=np.float64)
        for _name, own in runs.groupby("scenario", observed=True)
    ]
    cases = []
    for one, other in combinations(tables, 2):
        for column, yes in enumerate(asked):
            gap = (one - other)[:, column]
            gap = gap[~np.isnan(gap)]
            if len(gap) > 3000 and gap.std() > 0:
                cases.append((one[:, column], other[:, column], yes, gap.mean()))
    draws = np.random.default_rng(5)
    wrong = {SUPPORTED: 0, REFUTED: 0}
    files = range(0, 30_000, pairs)
    for start in files:
        picked = [cases[place] for place in draws.choice(len(cases), 15, replace=False)]
        part = slice(start, start + pairs)
        each = [estimate(b[part], a[part], is_binary=yes) for a, b, yes, _truth in picked]
        found = Estimate.joined(each)
        verdicts = decide(found, np.array([truth for *_case, truth in picked]), 0.05).verdict
        for verdict in wrong:
            wrong[verdict] += verdict in verdicts
    rates = {verdict: count / len(files) for verdict, count in wrong.items()}
    print(f"\n{pairs} pairs, {len(files)} files: {rates}")
    assert max(rates.values()) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / len(files))
