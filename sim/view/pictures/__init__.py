"""The pictures of one run, one file an idea; ``sim.view.plots`` has their names."""
