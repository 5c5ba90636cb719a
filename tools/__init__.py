"""Checks that read the sources and never run them: `python -m tools.check`."""
