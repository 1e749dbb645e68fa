"""The parts of the minutes of a run; ``sim.view.minutes`` puts them together."""
