"""When a text message is tried again."""

_FIRST_SECONDS = 5
_SECONDS_MAX = 900


def retry_seconds(attempts: int) -> int:
    """Return how long to wait after the `attempts`-th try came to nothing: 5, 10, 20 … 900 s."""
    doublings = min(max(attempts, 1) - 1, _SECONDS_MAX.bit_length())
    return min(_FIRST_SECONDS << doublings, _SECONDS_MAX)
