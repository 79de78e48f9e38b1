"""The words of the format. Values are on the wire or in the API and never change."""

from enum import IntEnum, StrEnum


class Form(StrEnum):
    """The first four characters of a text, which also separate what is signed (external_aad)."""

    FULL = "UC1:"  # issuer and phone: holds offline
    REFERENCE = "UR1:"  # phone only: the service looks the credential up
    STATIC = "US1:"  # issuer only: paper, or a slice


class Profile(IntEnum):
    """What a credential promises. Profile n must be signed by a key of use n."""

    CARD = 1  # bound to a phone's key
    PAPER = 2
    SLICE = 3  # thirty seconds, for a phone that cannot hold a key


class KeyUse(IntEnum):
    """What one key of the trust list may sign. Uses are disjoint."""

    CARD = 1
    PAPER = 2
    SLICE = 3
    STATUS = 4


class Assurance(StrEnum):
    """How much a verified code proves. An offer lists the values that it accepts."""

    POSSESSION = "possession"  # the phone's own key answered just now
    SESSION = "session"  # the service answered for a signed-in phone just now
    STATIC = "static"  # a copy looks the same: compare name and photo with a document


ASSURANCE_OF = {
    Profile.CARD: Assurance.POSSESSION,
    Profile.PAPER: Assurance.STATIC,
    Profile.SLICE: Assurance.SESSION,
}


class Reason(StrEnum):
    """Why a code is refused, in the order in which it is found out."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    STALE = "stale"
    WRONG_AUDIENCE = "wrong_audience"
    STATUS_UNKNOWN = "status_unknown"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    REPLAYED = "replayed"
