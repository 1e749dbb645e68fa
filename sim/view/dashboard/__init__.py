"""The dashboard: what a collaboration comes to, while its values are moved."""
