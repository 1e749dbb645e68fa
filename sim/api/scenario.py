"""The public scenario, which a notebook shows as a card."""

import os

from sim import scenario as below


class Scenario(below.Scenario):
    """A scenario: who meets, in which form, about which problem, for how long.

    A scenario is usually loaded from a file; every value that is left out is the baseline's.

    >>> scenario = Scenario(principles={"deliberation": 1})
    >>> scenario.principles.deliberation, scenario.form.deadline
    (1.0, 60)
    >>> scenario.variant({"form.kind": "team"}).form.deadline
    36
    """

    @classmethod
    def _of(cls, scenario: below.Scenario) -> "Scenario":
        """Return a scenario as a public one, with the same values."""
        if isinstance(scenario, cls):
            return scenario
        return cls.model_construct(scenario.model_fields_set, **dict(scenario))

    def _repr_html_(self) -> str:
        """Return who meets, how, and what differs from the start values: for a notebook."""
        from sim.view.cards import of_scenario

        return of_scenario(self)


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Load a scenario.

    A file that `extends` another inherits the values that it does not set itself, except title and
    description. A new ``form.kind`` brings its own column of form fields.

    Parameters
    ----------
    name_or_path
        The name of a shipped scenario, or the path of a file that ends in ``.toml`` or of a folder
        with a ``scenario.toml``.

    Raises
    ------
    ScenarioError
        A file has faults or gaps. The message lists all of them with file and line.

    Examples
    --------
    >>> load("team").form.seats
    8
    """
    return Scenario._of(below.load(name_or_path))
