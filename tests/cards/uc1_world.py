"""An issuer, a phone and a verifier for the UC1 tests. Nothing is faked.

Keys come from labels and signatures from RFC 6979, so that a test that fails fails again.
"""

import hashlib

import cbor2

from cards.uc1 import base45
from cards.uc1.answers import Verified
from cards.uc1.cose import write_sign1
from cards.uc1.credential import issue_credential, issue_static
from cards.uc1.keys import Signer, compressed, private_key_from_bytes
from cards.uc1.presentation import present
from cards.uc1.status import Status, build_status_list, verify_status_list
from cards.uc1.terms import KeyUse, Profile
from cards.uc1.trust import TrustKey, build_trust_list, verify_trust_list
from cards.uc1.verify import verify_text

NOW = 1_795_000_000
DAY = 86_400
BASE = "https://card.example.org.cn/status/"
CTI = bytes.fromhex("0123456789abcdef")
LIST, INDEX = 4660, 703_710
NONCE = bytes(8)
LATER_KEY_OPENS = NOW + 30 * DAY


def private_key(label):
    return private_key_from_bytes(hashlib.sha256(f"uc1 test {label}".encode()).digest())


root, later_card = (Signer.of(private_key(label)) for label in ("root", "later card"))
signers = {use: Signer.of(private_key(use.name)) for use in KeyUse}
card, paper, slice_ = (signers[use] for use in (KeyUse.CARD, KeyUse.PAPER, KeyUse.SLICE))
stranger = Signer.of(private_key("stranger"))  # a key that no list holds
phone = private_key("phone")

X = compressed(phone.public_key())[1:]
Y_IS_ODD = compressed(phone.public_key())[0] == 3
OFF_CURVE = bytes(31) + b"\x01"
CNF = {1: {1: 2, -1: 1, -2: X, -3: Y_IS_ODD}}
CLAIMS = {4: NOW + DAY, 7: CTI, 8: CNF, -65537: [1, 0, LIST, INDEX]}


def trust_key(signer, use, *, nbf=NOW - 60 * DAY, exp=NOW + 400 * DAY):
    return TrustKey.of(signer.key.public_key(), use=use, nbf=nbf, exp=exp, status_base=BASE)


def trust_message(*, keys=None, seq=7, iat=NOW - 3600, exp=NOW + 30 * DAY, signer=root):
    if keys is None:
        keys = [trust_key(signers[use], use) for use in KeyUse]
        keys.append(trust_key(later_card, KeyUse.CARD, nbf=LATER_KEY_OPENS))
    return build_trust_list(
        signer, sub="urn:example:uc:trust", seq=seq, iat=iat, exp=exp, keys=keys
    )


def trust_list(*, now=NOW, **facts):
    return verify_trust_list(trust_message(**facts), root_key=root.key.public_key(), now=now)


trust = trust_list()


def status_list(entries, *, number=LIST, now=NOW, iat=NOW - 600):
    uri = f"{BASE}{number}"
    token = build_status_list(signers[KeyUse.STATUS], uri=uri, iat=iat, entries=entries)
    return verify_status_list(token, uri=uri, trust=trust, now=now)


def held(*lists):
    return {status_list.uri: status_list for status_list in lists}


statuses = held(status_list({5: Status.INVALID, 6: Status.SUSPENDED}))


def credential(**facts):
    facts = {
        "device_key": phone.public_key(),
        "cti": CTI,
        "exp": NOW + 14 * DAY,
        "status_list": LIST,
        "status_index": INDEX,
    } | facts
    return issue_credential(facts.pop("issuer", card), **facts)


def shown(raw=None, *, iat=NOW - 4, key=phone, **facts):
    return present(credential() if raw is None else raw, key, iat=iat, **facts)


def static(profile=Profile.PAPER, **facts):
    facts = {"cti": CTI, "exp": NOW + 30, "status_list": LIST, "status_index": INDEX} | facts
    issuer = facts.pop("issuer", paper if profile is Profile.PAPER else slice_)
    return issue_static(issuer, profile=profile, **facts)


def verify(text, **facts):
    return verify_text(text, **{"now": NOW, "trust": trust, "statuses": statuses} | facts)


def signed_credential(claims, *, issuer=card, protected=None, tagged=False):
    """Return whatever `claims` (a map, or bytes), properly signed by the issuer."""
    return write_sign1(
        issuer.key,
        protected=b"\xa2\x01\x26\x04\x44" + issuer.kid if protected is None else protected,
        payload=claims if isinstance(claims, bytes) else cbor2.dumps(claims),
        tagged=tagged,
    )


def signed_presentation(payload, *, raw=None, protected=None, key=phone):
    """Return the text of whatever `payload` (a map, or bytes), properly signed by the phone."""
    raw = credential() if raw is None else raw
    message = write_sign1(
        key,
        protected=b"\xa2\x01\x26\x0d" + raw if protected is None else protected,
        payload=payload if isinstance(payload, bytes) else cbor2.dumps(payload),
        external_aad=b"UC1:",
    )
    return "UC1:" + base45.encode(message)


def message_of(text):
    return base45.decode(text[4:])


def accepted(answer):
    assert isinstance(answer, Verified), answer
    return answer
