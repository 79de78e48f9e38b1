"""Drives the real HTTP interface as its users do: a member's phone and a merchant's till."""

import base64
import time
import uuid

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from cards.uc1.enrolment import enrolment_proof
from cards.uc1.keys import public_jwk
from cards.uc1.presentation import present
from kernel.ids import new_id

_TIMEOUT_SECONDS = 30


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Caller:
    """Speaks JSON to the service, keeping its connection and its token."""

    def __init__(self, base_url, *, token=None):
        self.base_url = base_url
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = "en"
        if token:
            self.use(token)

    def use(self, token):
        self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, **body):
        return self.http.request(
            method, f"{self.base_url}/api/v1{path}", json=body or None, timeout=_TIMEOUT_SECONDS
        )

    def get(self, path, **query):
        return self.http.get(
            f"{self.base_url}/api/v1{path}", params=query, timeout=_TIMEOUT_SECONDS
        )

    def post(self, path, **body):
        return self.http.post(f"{self.base_url}/api/v1{path}", json=body, timeout=_TIMEOUT_SECONDS)


def answered(response, status):
    """Return the JSON of an answer that has the status it must have."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json()


class Phone(Caller):
    """A member's phone: signs in, makes its key, enrols, and shows its code."""

    def __init__(self, base_url, person, *, sign_in_code):
        super().__init__(base_url)
        self.person = person
        self.sign_in_code = sign_in_code
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = None
        self.device_id = None
        self._last_iat = 0

    def sign_in(self):
        answered(self.post("/members/sign-in/code", phone=self.person["phone"]), 202)
        token = answered(
            self.post(
                "/members/sign-in",
                phone=self.person["phone"],
                code=self.sign_in_code,
                name=self.person["name"],
                document_tail=self.person["document_tail"],
                consents=[{"purpose": "card_real_name", "version": 1}],
            ),
            200,
        )["token"]
        self.use(token)
        return self

    def enrol(self, name="Test phone"):
        nonce = answered(self.post("/cards/me/devices/challenge"), 201)["nonce"]
        proof = enrolment_proof(self.key, nonce=bytes_of(nonce), iat=int(time.time()))
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

    def show(self, *, iat=None, **challenge):
        """Return the QR's text, signed now; two in one second would be one code."""
        moment = int(time.time()) if iat is None else iat
        return present(self.credential, self.key, iat=moment, **challenge)


class Till(Caller):
    """A paired terminal."""

    def pair(self, pairing_code, name="Test till"):
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

    def verify(self, text, scan_id=None):
        body = {"presentation": text} | ({"id": str(scan_id)} if scan_id else {})
        return answered(self.post("/verifications", **body), 200)

    def redeem(self, offer_id, gross_fen, *, redemption_id=None, **card):
        return self.post(
            "/redemptions",
            id=str(redemption_id or new_id()),
            offer_id=str(offer_id),
            gross_fen=gross_fen,
            **card,
        )


def new_key():
    return str(uuid.uuid4())
