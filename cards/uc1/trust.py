"""The trust list: which keys may sign what, from when to when, signed by the root.

The root's key is kept offline and signs nothing else. A compromised issuer key is dropped from the
list; a verifier never accepts an older list than the newest it has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.answers import Refused, Rejected, malformed
from cards.uc1.cbor import (
    UINT32_MAX,
    UINT64_MAX,
    Value,
    array,
    byte_string,
    decode,
    mapping,
    text,
    uint,
)
from cards.uc1.cose import ES256, read_typed, write_typed
from cards.uc1.keys import (
    COORDINATE_BYTES,
    Signer,
    compressed,
    key_from_point,
    kid_of,
    point_of,
    split_point,
)
from cards.uc1.terms import KeyUse, Reason

TYP = "application/uc-trust+cwt"
MESSAGE_BYTES_MAX = 64 * 1024
KEYS_MAX = 64
URI_BYTES_MAX = 200

_SUB = 2
_EXP = 4
_IAT = 6
_LIST = -65540  # [seq, keys]
_KTY, _EC2 = 1, 2
_KID = 2
_ALG = 3
_KEY_OPS, _VERIFY = 4, 2
_CRV, _P256 = -1, 1
_X = -2
_Y = -3
_FACTS = -70001  # [use, nbf, exp, status base]
_KEY_CLAIMS = frozenset({_KTY, _KID, _ALG, _KEY_OPS, _CRV, _X, _Y, _FACTS})


@dataclass(frozen=True, slots=True)
class TrustKey:
    """One key of the list. It signs from `nbf` until before `exp`, Unix seconds.

    `status_base` and a list's number make the address of the list that its credentials name.
    """

    kid: bytes
    use: KeyUse
    nbf: int
    exp: int
    status_base: str
    key: EllipticCurvePublicKey
    point: bytes

    @classmethod
    def of(
        cls, key: EllipticCurvePublicKey, *, use: KeyUse, nbf: int, exp: int, status_base: str
    ) -> "TrustKey":
        return cls(kid_of(key), use, nbf, exp, status_base, key, compressed(key))

    def is_open(self, now: int) -> bool:
        return self.nbf <= now < self.exp

    def status_uri(self, status_list: int) -> str:
        return f"{self.status_base}{status_list}"


@dataclass(frozen=True, slots=True)
class TrustList:
    """A verified list. `seq` only grows: keep the highest. Unix seconds."""

    sub: str
    seq: int
    iat: int
    exp: int
    keys: Mapping[bytes, TrustKey]

    def issuer(self, kid: bytes, *, now: int, age_seconds_max: int) -> TrustKey:
        """Return the key named `kid`. Raises Rejected (unknown_key).

        "trust list stale" tells the operator to refresh: the list has expired, or it is too old for
        the absence of a key to mean anything.
        """
        if now >= self.exp:
            raise Rejected(Reason.UNKNOWN_KEY, "trust list stale")
        key = self.keys.get(kid)
        if key is None:
            stale = now - self.iat > age_seconds_max
            raise Rejected(Reason.UNKNOWN_KEY, "trust list stale" if stale else "")
        return key


def build_trust_list(
    root: Signer, *, sub: str, seq: int, iat: int, exp: int, keys: Sequence[TrustKey]
) -> bytes:
    """Return a signed list. Raises ValueError when two keys share a name, or there are too many."""
    if len(keys) > KEYS_MAX or len({key.kid for key in keys}) != len(keys):
        raise ValueError(f"a trust list has at most {KEYS_MAX} keys, each with a kid of its own")
    # In the order of the shared vectors, which is not bytewise here; verifiers take any order.
    claims = {_SUB: sub, _IAT: iat, _EXP: exp, _LIST: [seq, [_cose_key(key) for key in keys]]}
    return write_typed(root, typ=TYP, payload=cbor2.dumps(claims))


def verify_trust_list(
    message: bytes, *, root_key: EllipticCurvePublicKey, now: int, newest_seq: int = 0
) -> TrustList | Refused:
    """Return the list that the root signed.

    `newest_seq` is the highest sequence number seen so far; an older list is `stale`, since whoever
    replays it may hold a key that has been dropped. Else `malformed`, `unknown_key` (another root),
    `bad_signature` or `expired`.
    """
    try:
        trust = _read(message, root_key)
    except Rejected as rejected:
        return rejected.refused
    if now >= trust.exp:
        return Refused(Reason.EXPIRED)
    if trust.seq < newest_seq:
        return Refused(Reason.STALE, "older than a list already seen")
    return trust


def _read(message: bytes, root_key: EllipticCurvePublicKey) -> TrustList:
    if len(message) > MESSAGE_BYTES_MAX:
        raise malformed("length")
    kid, sign1 = read_typed(message, typ=TYP)
    if kid != kid_of(root_key):
        raise Rejected(Reason.UNKNOWN_KEY, "another root")
    if not sign1.is_signed_by(root_key):
        raise Rejected(Reason.BAD_SIGNATURE, "root")
    claims = mapping(decode(sign1.payload, ordered=False), detail="trust list")
    if claims.keys() != {_SUB, _IAT, _EXP, _LIST}:
        raise malformed("trust list")
    seq, listed = array(claims[_LIST], length=2, detail="trust list")
    if not isinstance(listed, list) or len(listed) > KEYS_MAX:
        raise malformed("trust list")
    keys = [_trust_key(item) for item in listed]
    by_kid = {key.kid: key for key in keys}
    if len(by_kid) != len(keys):
        raise malformed("kid twice")
    return TrustList(
        sub=text(claims[_SUB], minimum=1, maximum=URI_BYTES_MAX, detail="trust list"),
        seq=uint(seq, maximum=UINT64_MAX, detail="trust list"),
        iat=uint(claims[_IAT], maximum=UINT32_MAX, detail="trust list"),
        exp=uint(claims[_EXP], maximum=UINT32_MAX, detail="trust list"),
        keys=MappingProxyType(by_kid),
    )


def _cose_key(key: TrustKey) -> dict[int, object]:
    x, y_is_odd = split_point(key.point)
    return {
        _KTY: _EC2,
        _KID: key.kid,
        _ALG: ES256,
        _KEY_OPS: [_VERIFY],
        _CRV: _P256,
        _X: x,
        _Y: y_is_odd,
        _FACTS: [int(key.use), key.nbf, key.exp, key.status_base],
    }


def _trust_key(item: Value) -> TrustKey:
    claims = mapping(item, detail="trust key")
    if claims.keys() != _KEY_CLAIMS:
        raise malformed("trust key")
    y_is_odd = claims[_Y]
    if claims[_ALG] != ES256 or claims[_KEY_OPS] != [_VERIFY] or not isinstance(y_is_odd, bool):
        raise malformed("trust key")
    kty = uint(claims[_KTY], maximum=_EC2, detail="trust key")
    crv = uint(claims[_CRV], maximum=_P256, detail="trust key")
    if (kty, crv) != (_EC2, _P256):
        raise malformed("trust key")
    x = byte_string(
        claims[_X], minimum=COORDINATE_BYTES, maximum=COORDINATE_BYTES, detail="trust key"
    )
    use, nbf, exp, status_base = array(claims[_FACTS], length=4, detail="trust key")
    try:
        public_key = key_from_point(point_of(x, y_is_odd=y_is_odd))
        known_use = KeyUse(uint(use, maximum=UINT32_MAX, detail="trust key"))
    except ValueError:
        raise malformed("trust key") from None
    key = TrustKey.of(
        public_key,
        use=known_use,
        nbf=uint(nbf, maximum=UINT32_MAX, detail="trust key"),
        exp=uint(exp, maximum=UINT32_MAX, detail="trust key"),
        status_base=text(status_base, minimum=1, maximum=URI_BYTES_MAX, detail="trust key"),
    )
    # The name is computed, never believed: a list cannot give one key another's name.
    if claims[_KID] != key.kid:
        raise malformed("kid")
    return key
