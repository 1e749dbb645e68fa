"""Calibration: which values of the free parameters agree with what was measured."""
