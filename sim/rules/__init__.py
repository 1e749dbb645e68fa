"""The rules of the model: short loops over record arrays, compiled with numba."""
