"""The numbers of the format that a verifier enforces."""

from dataclasses import dataclass
from datetime import timedelta

from cards.uc1.terms import Profile

_DAY_SECONDS = int(timedelta(days=1).total_seconds())


@dataclass(frozen=True, slots=True)
class Policy:
    """All in whole seconds but `text_length_max` (characters).

    The defaults are `params` of the shared vectors; the last two are 8.5 and 8.3 of the format.
    """

    rotate_seconds: int = 15
    past_seconds: int = 30
    future_seconds: int = 10
    challenge_past_seconds: int = 120
    exp_grace_seconds: int = 300
    slice_grace_seconds: int = 10
    card_life_seconds_max: int = 35 * _DAY_SECONDS
    paper_life_seconds_max: int = 800 * _DAY_SECONDS
    slice_life_seconds_max: int = 90
    text_length_max: int = 600
    trust_age_seconds_max: int = 7 * _DAY_SECONDS
    enrolment_skew_seconds: int = 60

    def grace_seconds(self, profile: Profile) -> int:
        """Return how long past its `exp` a credential is still accepted: clocks differ."""
        return self.slice_grace_seconds if profile is Profile.SLICE else self.exp_grace_seconds

    def life_seconds_max(self, profile: Profile) -> int:
        """Return how far ahead `exp` may lie. More is a mistake or a misused issuing right."""
        match profile:
            case Profile.CARD:
                return self.card_life_seconds_max
            case Profile.PAPER:
                return self.paper_life_seconds_max
            case Profile.SLICE:
                return self.slice_life_seconds_max


POLICY = Policy()
