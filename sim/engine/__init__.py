"""The engines: each carries the rules of one run, or of many, through its rounds."""
