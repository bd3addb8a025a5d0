"""The settings files that are shipped."""
