"""Status lists (IETF Token Status List, CWT form): two bits for each credential of a list.

Whole lists are published and fetched, never one card's entry, so that nobody who serves a list
learns which card is being shown.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.answers import Refused, Rejected, malformed
from cards.uc1.cbor import UINT32_MAX, byte_string, decode, mapping, text, uint
from cards.uc1.cose import read_typed, write_typed
from cards.uc1.credential import STATUS_INDEX_MAX
from cards.uc1.keys import Signer
from cards.uc1.policy import POLICY
from cards.uc1.terms import KeyUse, Reason
from cards.uc1.trust import URI_BYTES_MAX, TrustList

TYP = "application/statuslist+cwt"
ENTRIES = STATUS_INDEX_MAX + 1
TTL_SECONDS = 43_200
LIFE_SECONDS = 7 * 86_400
MESSAGE_BYTES_MAX = 512 * 1024  # a list without any pattern has 256 KiB, and a little for zlib

_SUB = 2
_EXP = 4
_IAT = 6
_STATUS_LIST = 65533
_TTL = 65534
_BITS = 2
_PER_BYTE = 8 // _BITS
_MASK = 2**_BITS - 1
_PACKED_BYTES = ENTRIES // _PER_BYTE


class Status(IntEnum):
    VALID = 0
    INVALID = 1
    SUSPENDED = 2


_STATUS_OF = {status.value: status for status in Status}


class StatusCheck(Enum):
    """Given in place of lists by a verifier that finds the status out by itself.

    The online service does: its own rows are newer than any list, and they know *why*.
    """

    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class StatusList:
    """A verified list. `uri` is its address, `exp` Unix seconds; after that it says nothing."""

    uri: str
    iat: int
    exp: int
    ttl_seconds: int
    packed: bytes

    def entry(self, index: int) -> Status | None:
        """Return the status at `index`; None past the end, or for a value that has no meaning."""
        position, place = divmod(index, _PER_BYTE)
        if position >= len(self.packed):
            return None
        return _STATUS_OF.get(self.packed[position] >> (place * _BITS) & _MASK)


def pack(entries: Mapping[int, Status]) -> bytes:
    """Return the bits of a whole list: what `entries` says, VALID elsewhere.

    Raises ValueError for an index outside the list.
    """
    packed = bytearray(_PACKED_BYTES)
    for index, status in entries.items():
        if not 0 <= index < ENTRIES:
            raise ValueError(f"a status index must be 0 to {ENTRIES - 1}, not {index}")
        position, place = divmod(index, _PER_BYTE)
        packed[position] |= status << (place * _BITS)
    return bytes(packed)


def build_status_list(
    signer: Signer,
    *,
    uri: str,
    iat: int,
    entries: Mapping[int, Status],
    exp: int | None = None,
    ttl_seconds: int = TTL_SECONDS,
) -> bytes:
    """Return a signed list, valid for seven days from `iat` unless `exp` says otherwise."""
    claims = {
        _SUB: uri,
        _EXP: iat + LIFE_SECONDS if exp is None else exp,
        _IAT: iat,
        _STATUS_LIST: {"lst": zlib.compress(pack(entries), zlib.Z_BEST_COMPRESSION), "bits": _BITS},
        _TTL: ttl_seconds,
    }
    return write_typed(signer, typ=TYP, payload=cbor2.dumps(claims))


def verify_status_list(
    message: bytes, *, uri: str, trust: TrustList, now: int
) -> StatusList | Refused:
    """Return the list fetched from `uri`, signed by a status key of `trust`.

    Refused is `malformed` (also a list of another address), `unknown_key`, `bad_signature` or
    `expired`.
    """
    try:
        status_list = _read(message, uri, trust, now)
    except Rejected as rejected:
        return rejected.refused
    if now >= status_list.exp:
        return Refused(Reason.EXPIRED)
    return status_list


def check_status(
    *, uri: str, index: int, held: Mapping[str, StatusList], now: int
) -> Refused | None:
    """Return why the credential at `index` of the list `uri` is refused, None if it is not.

    Not to know (no list, an expired one, an index outside) is a reason of its own; an offer may
    decide to live with it, the format does not.
    """
    status_list = held.get(uri)
    if status_list is None or now >= status_list.exp:
        return Refused(Reason.STATUS_UNKNOWN)
    match status_list.entry(index):
        case Status.VALID:
            return None
        case Status.INVALID:
            return Refused(Reason.REVOKED)
        case Status.SUSPENDED:
            return Refused(Reason.SUSPENDED)
        case None:
            return Refused(Reason.STATUS_UNKNOWN)


def _read(message: bytes, uri: str, trust: TrustList, now: int) -> StatusList:
    if len(message) > MESSAGE_BYTES_MAX:
        raise malformed("length")
    kid, sign1 = read_typed(message, typ=TYP)
    if not sign1.is_signed_by(_status_key(trust, kid, now)):
        raise Rejected(Reason.BAD_SIGNATURE, "status")
    claims = mapping(decode(sign1.payload), detail="status list")
    if claims.keys() != {_SUB, _EXP, _IAT, _STATUS_LIST, _TTL}:
        raise malformed("status list")
    body = mapping(claims[_STATUS_LIST], detail="status list")
    if body.keys() != {"lst", "bits"} or body["bits"] != _BITS:
        raise malformed("status list")
    if text(claims[_SUB], minimum=1, maximum=URI_BYTES_MAX, detail="status list") != uri:
        raise malformed("another list")
    return StatusList(
        uri=uri,
        iat=uint(claims[_IAT], maximum=UINT32_MAX, detail="status list"),
        exp=uint(claims[_EXP], maximum=UINT32_MAX, detail="status list"),
        ttl_seconds=uint(claims[_TTL], maximum=UINT32_MAX, detail="status list"),
        packed=_unpack(
            byte_string(body["lst"], minimum=1, maximum=MESSAGE_BYTES_MAX, detail="status list")
        ),
    )


def _status_key(trust: TrustList, kid: bytes, now: int) -> EllipticCurvePublicKey:
    key = trust.issuer(kid, now=now, age_seconds_max=POLICY.trust_age_seconds_max)
    if not key.is_open(now):
        raise Rejected(Reason.UNKNOWN_KEY, "key outside its window")
    if key.use is not KeyUse.STATUS:
        raise Rejected(Reason.UNKNOWN_KEY, "key not for status lists")
    return key.key


def _unpack(compressed: bytes) -> bytes:
    """Return the bits. Stops at the size of a whole list, whatever the bytes would expand to."""
    inflater = zlib.decompressobj()
    try:
        # One byte more than allowed: at exactly the limit, zlib may not have met the end yet.
        packed = inflater.decompress(compressed, _PACKED_BYTES + 1)
    except zlib.error:
        raise malformed("zlib") from None
    if not inflater.eof or inflater.unused_data or len(packed) > _PACKED_BYTES:
        raise malformed("zlib")
    return packed
