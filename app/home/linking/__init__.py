"""Linking a topic, a machine and a sheet with each other; it stands above the features, which ignore each other."""
