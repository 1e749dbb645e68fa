"""The report on a comparison: one HTML file that needs nothing else."""
