"""The public Mesa model: a run that can be watched round by round."""

from sim.api.run import Run
from sim.engine import mesa_model as below


class CollaborationModel(below.CollaborationModel):
    """A collaboration as a Mesa model; one :meth:`step` is one round.

    It has the same bits as :func:`sim.run` under the same scenario, seed and run.

    Parameters
    ----------
    scenario
        The scenario to run.
    seed, run
        Which run (:func:`sim.run`).
    behaviours
        Stakeholder classes by sector, in place of the usual ones.

    Attributes
    ----------
    running
        Whether the collaboration goes on. After the last round one more step ends the run.
    stakeholders
        The agents, in the order of the tables' rows.
    datacollector
        Mesa's collector with one row a round, the columns of ``Run.rounds``.

    Examples
    --------
    A firm that never accepts anything:

    >>> from sim import CollaborationModel, PrivateFirm, load
    >>> class StubbornFirm(PrivateFirm):
    ...     def accepts(self) -> bool:
    ...         return False
    >>> model = CollaborationModel(load("mandated"), behaviours={"private": StubbornFirm})
    >>> while model.running:
    ...     model.step()
    >>> float(model.result().outcomes["agreement"])
    0.0
    """

    def result(self) -> Run:
        """Return the run's outcomes and tables, as :func:`sim.run` gives them.

        Raises
        ------
        RuntimeError
            The run is not over.
        """
        return Run._of(super().result())
