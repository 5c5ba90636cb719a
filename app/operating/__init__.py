"""Running an installation: first set-up, people by command, backup and restore, checks."""
