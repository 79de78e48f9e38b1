"""What a verifier answers: the card, proven, or why not."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.terms import Assurance, Form, Profile, Reason


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer, not an error. `code` is for programs and never changes; `detail` is for readers.

    Neither holds anything of the text that was shown, so both may be logged.
    """

    code: Reason
    detail: str = ""


class Rejected(Exception):
    """Carries a Refused up to the function of this package that was called; never leaves it."""

    def __init__(self, code: Reason, detail: str = "") -> None:
        super().__init__(code, detail)
        self.refused = Refused(code, detail)


def malformed(detail: str) -> Rejected:
    return Rejected(Reason.MALFORMED, detail)


@dataclass(frozen=True, slots=True)
class Verified:
    """A code that passed every check asked for. Moments are Unix seconds.

    `iat` is the phone's moment of signing, None where no phone signed. `kid` names the issuer's
    key, `device_key` the phone's. `hint` is the surname printed on a paper card ("张*").
    `challenged`: the phone answered this verifier's own question.
    """

    form: Form
    profile: Profile
    assurance: Assurance
    challenged: bool
    cti: bytes
    iat: int | None
    exp: int
    tier: int
    status_list: int
    status_index: int
    kid: bytes
    hint: str | None
    device_key: EllipticCurvePublicKey | None

    @property
    def single_use_moment(self) -> int | None:
        """What the replay rule orders codes of one `cti` by; None for paper, shown again and again.

        A slice has no `iat`, and its `cti` is its own: its `exp` stands in, so it works once.
        """
        match self.profile:
            case Profile.CARD:
                return self.iat
            case Profile.SLICE:
                return self.exp
            case Profile.PAPER:
                return None
