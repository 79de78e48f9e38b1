"""A member's phone: signs in, makes its key, enrols, and shows its code."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec

from app.demo.day.http import Caller, answered, bytes_of
from cards.uc1.enrolment import enrolment_proof
from cards.uc1.keys import public_jwk
from cards.uc1.presentation import present
from kernel.clock import unix, utc_now

_CARD_CONSENT = ({"purpose": "card_real_name", "version": 1},)


class Phone(Caller):
    """`person` is a member of the demo file; the key never leaves this object."""

    def __init__(self, base_url: str, person: Mapping[str, str], *, sign_in_code: str) -> None:
        super().__init__(base_url)
        self.person = person
        self.sign_in_code = sign_in_code
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = b""
        self.device_id: str | None = None
        self._last_iat = 0

    def sign_in(self, consents: Sequence[Mapping[str, Any]] = _CARD_CONSENT) -> Self:
        answered(self.post("/members/sign-in/code", phone=self.person["phone"]), 202)
        token = answered(
            self.post(
                "/members/sign-in",
                phone=self.person["phone"],
                code=self.sign_in_code,
                name=self.person["name"],
                document_tail=self.person["document_tail"],
                consents=[dict(each) for each in consents],
            ),
            200,
        )["token"]
        self.use(token)
        return self

    def enrol(self, name: str = "Test phone") -> Self:
        nonce = answered(self.post("/cards/me/devices/challenge"), 201)["nonce"]
        proof = enrolment_proof(self.key, nonce=bytes_of(nonce), iat=unix(utc_now()))
        answer = answered(
            self.post(
                "/cards/me/devices",
                name=name,
                public_key=public_jwk(self.key.public_key()),
                enrolment=proof,
            ),
            201,
        )
        self.device_id = answer["device_id"]
        self.credential = bytes_of(answer["credential"])
        return self

    def show(self, *, iat: int | None = None, **challenge: Any) -> str:
        """Return the QR's text, signed now; two in one second would be one code."""
        moment = unix(utc_now()) if iat is None else iat
        return present(self.credential, self.key, iat=moment, **challenge)

    def show_new(self) -> str:
        """Return a code later than any that this method gave before, if need be a second ahead."""
        self._last_iat = max(unix(utc_now()), self._last_iat + 1)
        return self.show(iat=self._last_iat)

    def agree(self, *purposes: str) -> None:
        """Give the consents for `purposes`, each in the version that the service asks for."""
        texts = answered(self.get("/members/me/consents"), 200)["items"]
        wanted = [
            {"purpose": text["purpose"], "version": text["version"]}
            for text in texts
            if text["purpose"] in purposes
        ]
        answered(self.post("/members/me/consents", consents=wanted), 200)
