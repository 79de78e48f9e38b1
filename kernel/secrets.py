"""Sealing at rest, blind indexes and hashed tokens.

A sealed value is an envelope `algorithm(1) key-id(4) nonce(12) ciphertext+tag`. Its associated
data is the table, the column and the row's id: a value copied to another row does not open.
Equality search goes through a blind index: an HMAC with a key of its own, never a bare hash, since
a phone number has so few values that a bare hash is the number. docs/decisions/0007.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_AES_256_GCM = 1
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_HEAD_BYTES = 1 + _KEY_ID_BYTES
KEY_BYTES = 32
_CODES = 1_000_000


class SealBrokenError(Exception):
    """A sealed value does not open: wrong key, wrong row, or changed bytes. A bug or an attack."""


@dataclass(frozen=True)
class Keyring:
    """The service's own keys. Never in the database, never in a log.

    `sealing` maps key id to AES-256 key; new values are sealed with `current`, older ones still
    open. `index` is the HMAC key of the blind indexes and of short codes.
    """

    current: bytes
    sealing: dict[bytes, bytes]
    index: bytes

    @classmethod
    def generate(cls) -> "Keyring":
        key_id = os.urandom(_KEY_ID_BYTES)
        return cls(
            current=key_id,
            sealing={key_id: os.urandom(KEY_BYTES)},
            index=os.urandom(KEY_BYTES),
        )

    @classmethod
    def from_json(cls, text: str) -> "Keyring":
        """Read what `to_json` wrote. Raises ValueError when a key has not 32 bytes."""
        raw = json.loads(text)
        sealing = {bytes.fromhex(i): base64.b64decode(k) for i, k in raw["sealing"].items()}
        ring = cls(bytes.fromhex(raw["current"]), sealing, base64.b64decode(raw["index"]))
        if any(len(key) != KEY_BYTES for key in [*sealing.values(), ring.index]):
            raise ValueError(f"every key must have {KEY_BYTES} bytes")
        return ring

    def to_json(self) -> str:
        sealing = {i.hex(): base64.b64encode(k).decode() for i, k in self.sealing.items()}
        index = base64.b64encode(self.index).decode()
        return json.dumps({"current": self.current.hex(), "sealing": sealing, "index": index})


class _Ring:
    """Holds the process's keyring, as `kernel.db.session_factory` holds its database."""

    current: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Seal and open with `keyring` from now on. Called once, by create_app()."""
    _Ring.current = keyring


def write_new_keyring(path: Path) -> None:
    """Create a keyring at `path`, readable by its owner only. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(Keyring.generate().to_json() + "\n")


def _ring() -> Keyring:
    if _Ring.current is None:
        raise RuntimeError("no keyring: create_app() calls use_keyring()")
    return _Ring.current


@dataclass(frozen=True)
class SealedColumn:
    """One column whose values are sealed, and how they are bound to their row."""

    table: str
    column: str

    def seal(self, row_id: UUID, value: str | bytes) -> bytes:
        ring = _ring()
        nonce = os.urandom(_NONCE_BYTES)
        plain = value.encode() if isinstance(value, str) else value
        secret = AESGCM(ring.sealing[ring.current]).encrypt(nonce, plain, self._bound_to(row_id))
        return bytes([_AES_256_GCM]) + ring.current + nonce + secret

    def open_bytes(self, row_id: UUID, sealed: bytes) -> bytes:
        """Return the plain value. Raises SealBrokenError."""
        key = _ring().sealing.get(sealed[1:_HEAD_BYTES])
        if key is None or sealed[0] != _AES_256_GCM:
            raise SealBrokenError(f"{self.table}.{self.column}: unknown key or algorithm")
        nonce = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        secret = sealed[_HEAD_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, secret, self._bound_to(row_id))
        except Exception as error:
            raise SealBrokenError(f"{self.table}.{self.column}: does not open") from error

    def open(self, row_id: UUID, sealed: bytes) -> str:
        """Return the plain text. Raises SealBrokenError."""
        return self.open_bytes(row_id, sealed).decode()

    def _bound_to(self, row_id: UUID) -> bytes:
        return f"{self.table}|{self.column}|{row_id}".encode()


def blind_index(field: str, value: str) -> bytes:
    """Return 32 bytes by which equal values of `field` are found without being readable.

    `value` must already be normalised. `field` keeps a phone and a document of the same digits
    apart.
    """
    return hmac.digest(_ring().index, f"{field}|{value}".encode(), "sha256")


def new_token() -> str:
    """Return a bearer token of 256 random bits, safe in a header and a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return how a token of full entropy is stored. Not for short codes: use blind_index."""
    return hashlib.sha256(token.encode()).digest()


def new_code() -> str:
    """Return six random digits: the sign-in code of one message."""
    return f"{secrets.randbelow(_CODES):06d}"


def demo_code() -> str:
    """Return the six digits that every sign-in code is in demo mode: this deployment's own."""
    return f"{int.from_bytes(blind_index('demo', 'sign_in_code')[:4]) % _CODES:06d}"
