"""The dashboard: levers, many runs and one run in a browser, for `mufakat explore`."""
