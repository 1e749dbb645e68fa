"""Which set of values a run has, where a scenario's values are not known for sure (section 10)."""

from sim.rules import draws
from sim.rules.compiling import helper


@helper
def lot_of_values(seed: draws.Word, run: int) -> float:
    """Which of several sets of values a run has: a lot in (0, 1), the same in every scenario."""
    key_0, key_1 = draws.run_key(seed, run)
    word, _second, _third, _fourth = draws.words(key_0, key_1, draws.VALUES, 0, 0, 0)
    return draws.uniform(word)
