"""Many runs of one or more scenarios: how they are carried out, stored and compared."""
