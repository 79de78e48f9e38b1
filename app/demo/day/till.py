"""A merchant's or a service site's terminal: paired once, then verifying and redeeming."""

from typing import Any, Self
from uuid import UUID

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from app.demo.day.http import Caller, answered
from cards.uc1.keys import public_jwk
from kernel.ids import new_id


class Till(Caller):
    """`facts` are what the service answered to the pairing: merchant, site, token, root key."""

    def pair(self, pairing_code: str, name: str = "Test till") -> Self:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.facts = answered(
            self.post(
                "/terminals/pair",
                pairing_code=pairing_code,
                name=name,
                public_key=public_jwk(self.key.public_key()),
            ),
            201,
        )
        self.use(self.facts["token"])
        return self

    def verify(self, text: str, scan_id: UUID | None = None) -> Any:
        body = {"presentation": text} | ({"id": str(scan_id)} if scan_id else {})
        return answered(self.post("/verifications", **body), 200)

    def redeem(
        self,
        offer_id: UUID | str,
        gross_fen: int,
        *,
        redemption_id: UUID | None = None,
        **card: Any,
    ) -> requests.Response:
        return self.post(
            "/redemptions",
            id=str(redemption_id or new_id()),
            offer_id=str(offer_id),
            gross_fen=gross_fen,
            **card,
        )
