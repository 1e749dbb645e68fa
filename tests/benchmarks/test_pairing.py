"""How much pairing saves: printed, not judged. ``make bench`` runs this."""

import pytest

import sim

pytestmark = pytest.mark.slow

COMPARED = (
    ("team", "community"),
    ("community", "network"),
    ("baseline", "facilitated"),
    ("baseline", "power_captured"),
    ("baseline", "low_trust"),
)
HALF_WIDTHS = {"agreement": 0.01, "trust": 0.01, "delivery": 0.01}


def test_runs_needed_for_a_hundredth() -> None:
    """Runs of each scenario for a 95 % interval of +-0.01, paired and with independent seeds."""
    print("\nruns needed for +-0.01: paired, independent, ratio")
    for reference, other in COMPARED:
        found = sim.compare([reference, other], runs=4000, progress=False)
        table = found.differences().set_index("outcome")
        for outcome, half in HALF_WIDTHS.items():
            row = table.loc[outcome]
            own = (row["high"] - row["low"]) / 2
            with_pairs = row["runs"] * (own / half) ** 2
            without = row["runs"] * (row["unpaired_half"] / half) ** 2
            print(
                f"  {other} - {reference}, {outcome}: {with_pairs:,.0f}, {without:,.0f}, "
                f"{without / with_pairs:.2f}"
            )
