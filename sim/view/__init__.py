"""What is shown of the model and of its runs: documents, plots, minutes, reports."""
