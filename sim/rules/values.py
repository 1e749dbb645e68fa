"""Which set of values a run uses, if the values of a scenario are uncertain (section 10)."""

from sim.rules import draws
from sim.rules.compile import helper


@helper
def lot_of_values(seed: draws.Word, run: int) -> float:
    """Return a number in (0, 1) that selects the values of a run, the same in every scenario."""
    key_0, key_1 = draws.run_key(seed, run)
    word, _second, _third, _fourth = draws.words(key_0, key_1, draws.VALUES, 0, 0, 0)
    return draws.uniform(word)
