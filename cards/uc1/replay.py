"""The same code twice: of one credential, only a code newer than the newest accepted is accepted.

The online service keeps the newest in its database, one row for each `cti`, and applies the same
rule in one statement; the memory here is for a verifier alone: offline, in tests, in a bench.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from cards.uc1.answers import Refused, Verified
from cards.uc1.policy import POLICY, Policy
from cards.uc1.terms import Reason

KEEP_SECONDS_MIN = 60


@dataclass(frozen=True, slots=True)
class Accepted:
    """The newest code accepted of one credential, and the scan that brought it."""

    moment: int
    scan_id: str | None


def is_replay(newest: Accepted | None, *, moment: int, scan_id: str | None) -> bool:
    """Return whether a code signed at `moment` has had its turn.

    The same scan sent again (same code, same scan id) is a retry, not a replay. The signature plays
    no part: (r, n-s) would make the same code look new.
    """
    if newest is None or moment > newest.moment:
        return False
    is_retry = scan_id is not None and newest == Accepted(moment, scan_id)
    return not is_retry


class ReplayMemory:
    """What one process has accepted, forgotten once no code of that time would be accepted anyway.

    Only codes that passed every check may enter: nobody can fill it with rubbish. Thread-safe.
    """

    def __init__(self, policy: Policy = POLICY) -> None:
        # A challenge's answer may come last; a slice is used up before that.
        self._keep_seconds = max(
            KEEP_SECONDS_MIN, policy.challenge_past_seconds + policy.future_seconds
        )
        self._newest: OrderedDict[bytes, tuple[Accepted, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._newest)

    def admit(self, code: Verified, *, scan_id: str | None, now: int) -> Verified | Refused:
        """Return `code`, remembered, or `replayed`. Paper passes: it is meant to be shown again."""
        moment = code.single_use_moment
        if moment is None:
            return code
        with self._lock:
            self._forget(now)
            newest, _ = self._newest.get(code.cti, (None, 0))
            if is_replay(newest, moment=moment, scan_id=scan_id):
                return Refused(Reason.REPLAYED)
            self._newest[code.cti] = Accepted(moment, scan_id), now + self._keep_seconds
            self._newest.move_to_end(code.cti)
        return code

    def _forget(self, now: int) -> None:
        """Drop what is over, oldest first. The order is that of acceptance."""
        while self._newest:
            cti, (_, until) = next(iter(self._newest.items()))
            if until > now:
                return
            del self._newest[cti]
