"""A till without a network, as its own page is: a key, a chain, and what it signs."""

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec

from kernel.ids import new_id
from kernel.jws import base64url, write_jws


class OfflineTill:
    """Signs records one after the other; `token` is what it calls the service with."""

    def __init__(self, key=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.token = f"uct_test_{new_id()}"
        self.seq, self.prev = 0, ""
        self.lease_id = self.version_id = None

    def record(self, shown, *, at, **said):
        """Return the next record of the chain, of a code shown `at` that moment of its clock."""
        self.seq += 1
        facts = {
            "id": str(new_id()),
            "seq": self.seq,
            "prev": self.prev,
            "presentation": shown,
            "offer_version": str(self.version_id),
            "gross_fen": 60_00,
            "occurred_at": at.isoformat(),
            "lease_id": str(self.lease_id),
        }
        text = self.signed(facts | said)
        self.prev = base64url(hashlib.sha256(text.encode()).digest())
        return text

    def signed(self, facts):
        return write_jws(self.key, json.dumps(facts).encode())
