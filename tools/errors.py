"""How a developer's task says no: one sentence on standard error and exit code 1."""


class TaskError(Exception):
    """Something the person at the keyboard can mend; its text says what and how."""
