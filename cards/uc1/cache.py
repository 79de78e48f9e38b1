"""Credentials already proven: a phone shows the same one every 15 seconds for a day or more."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.credential import Credential

SIZE_MAX = 8192


@dataclass(frozen=True, slots=True)
class Proven:
    """A credential whose issuer's signature holds under `issuer_point`, its device key loaded.

    Neither the issuer key's window nor the credential's expiry is part of it: those depend on the
    moment and are looked at each time.
    """

    facts: Credential
    issuer_point: bytes
    device_key: EllipticCurvePublicKey


class CredentialCache:
    """Keeps the `size_max` credentials used last, by their bytes. Thread-safe.

    Only what an issuer signed gets in, so nobody else can crowd the others out.
    """

    def __init__(self, size_max: int = SIZE_MAX) -> None:
        self._size_max = size_max
        self._proven: OrderedDict[bytes, Proven] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._proven)

    def get(self, raw: bytes) -> Proven | None:
        with self._lock:
            proven = self._proven.get(raw)
            if proven is not None:
                self._proven.move_to_end(raw)
        return proven

    def put(self, raw: bytes, proven: Proven) -> None:
        with self._lock:
            self._proven[raw] = proven
            self._proven.move_to_end(raw)
            if len(self._proven) > self._size_max:
                self._proven.popitem(last=False)
