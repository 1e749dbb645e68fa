"""The version of the package; nothing is imported to know it."""

__version__ = "0.1.0"
