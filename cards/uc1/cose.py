"""COSE_Sign1 (RFC 9052) in the one shape that UC1 uses, signed with ES256."""

from dataclasses import dataclass

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from cards.uc1.answers import malformed
from cards.uc1.cbor import Reader, byte_string, decode
from cards.uc1.keys import COORDINATE_BYTES, KID_BYTES, Signer

ALG = 1
KID = 4
TYP = 16
ES256 = -7
SIGNATURE_BYTES = 2 * COORDINATE_BYTES

_TAG = b"\xd2"  # 18, COSE_Sign1
_ARRAY_OF_FOUR = b"\x84"
_NO_UNPROTECTED = b"\xa0"  # what is not signed is not there

# Signing by RFC 6979 needs no random numbers, so a weak generator cannot give the key away.
_SIGNING = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Sign1:
    """One signed message in its parts. `signature` is r || s, 64 bytes.

    Never use the signature, or a hash of the message, as a key or to find a message again: whoever
    has (r, s) also has (r, n-s), which is just as valid.
    """

    protected: bytes
    payload: bytes
    signature: bytes

    def signed_bytes(self, external_aad: bytes) -> bytes:
        """Return the Sig_structure (RFC 9052, 4.4)."""
        return _signed_bytes(self.protected, self.payload, external_aad)

    def is_signed_by(self, key: ec.EllipticCurvePublicKey, *, external_aad: bytes = b"") -> bool:
        r = int.from_bytes(self.signature[:COORDINATE_BYTES])
        s = int.from_bytes(self.signature[COORDINATE_BYTES:])
        try:
            key.verify(encode_dss_signature(r, s), self.signed_bytes(external_aad), _VERIFYING)
        except InvalidSignature:
            return False
        return True


def read_sign1(message: bytes, *, tagged: bool = True) -> Sign1:
    """Return the parts of a message, not yet verified. Raises Rejected."""
    reader = Reader(message)
    if tagged:
        reader.literal(_TAG, detail="shape")
    reader.literal(_ARRAY_OF_FOUR, detail="shape")
    protected = reader.byte_string()
    reader.literal(_NO_UNPROTECTED, detail="shape")
    payload = reader.byte_string()
    signature = reader.byte_string()
    if len(signature) != SIGNATURE_BYTES:
        raise malformed("sig-len")
    reader.end()
    return Sign1(protected, payload, signature)


def write_sign1(
    key: ec.EllipticCurvePrivateKey,
    *,
    protected: bytes,
    payload: bytes,
    external_aad: bytes = b"",
    tagged: bool = True,
) -> bytes:
    der = key.sign(_signed_bytes(protected, payload, external_aad), _SIGNING)
    signature = b"".join(part.to_bytes(COORDINATE_BYTES) for part in decode_dss_signature(der))
    message = cbor2.dumps([protected, {}, payload, signature])
    return _TAG + message if tagged else message


def read_typed(message: bytes, *, typ: str) -> tuple[bytes, Sign1]:
    """Return the kid and the parts of a message whose header states `typ`. Raises Rejected."""
    sign1 = read_sign1(message)
    header = decode(sign1.protected)
    if not isinstance(header, dict) or header.keys() != {ALG, KID, TYP}:
        raise malformed("protected")
    if header[ALG] != ES256 or header[TYP] != typ:
        raise malformed("protected")
    kid = byte_string(header[KID], minimum=KID_BYTES, maximum=KID_BYTES, detail="protected")
    return kid, sign1


def write_typed(signer: Signer, *, typ: str, payload: bytes) -> bytes:
    protected = cbor2.dumps({ALG: ES256, KID: signer.kid, TYP: typ})
    return write_sign1(signer.key, protected=protected, payload=payload)


def _signed_bytes(protected: bytes, payload: bytes, external_aad: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, external_aad, payload])
