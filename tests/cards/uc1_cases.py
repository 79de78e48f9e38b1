"""Random codes, good and bad, for two implementations to answer alike. A seed makes them again."""

import random
from dataclasses import asdict, dataclass, replace

import cbor2

from cards.uc1 import base45
from cards.uc1.answers import Refused
from cards.uc1.cose import read_sign1
from cards.uc1.credential import Credential
from cards.uc1.keys import Signer, base64url, compressed, private_key_bytes, public_jwk
from cards.uc1.presentation import present_reference
from cards.uc1.status import Status, build_status_list, verify_status_list
from cards.uc1.terms import KeyUse, Profile
from cards.uc1.trust import verify_trust_list
from cards.uc1.verify import verify_text
from tests.cards.uc1_world import (
    BASE,
    CNF,
    CTI,
    DAY,
    LATER_KEY_OPENS,
    LIST,
    NONCE,
    NOW,
    card,
    credential,
    held,
    later_card,
    message_of,
    paper,
    phone,
    private_key,
    root,
    shown,
    signed_credential,
    signed_presentation,
    signers,
    slice_,
    static,
    stranger,
    trust_key,
    trust_message,
)

OTHER_PHONE = private_key("another phone")
AUDIENCE = "M8X2Q4ZT"
URI = f"{BASE}{LIST}"
TOKEN = build_status_list(
    signers[KeyUse.STATUS],
    uri=URI,
    iat=NOW - 600,
    entries={1: Status.INVALID, 2: Status.SUSPENDED, 3: 3, 2**20 - 1: Status.INVALID},
)
# Beside the usual keys, one that opens and one that closes at this very second.
opening, closing = (Signer.of(private_key(label)) for label in ("opening", "closing"))
MESSAGE = trust_message(
    keys=[
        *(trust_key(signers[use], use) for use in KeyUse),
        trust_key(later_card, KeyUse.CARD, nbf=LATER_KEY_OPENS),
        trust_key(opening, KeyUse.CARD, nbf=NOW),
        trust_key(closing, KeyUse.CARD, exp=NOW),
    ]
)
trust = verify_trust_list(MESSAGE, root_key=root.key.public_key(), now=NOW)
LISTS = held(verify_status_list(TOKEN, uri=URI, trust=trust, now=NOW))
ISSUED = Credential(
    profile=Profile.CARD,
    kid=card.kid,
    cti=CTI,
    exp=NOW + DAY,
    tier=0,
    status_list=LIST,
    status_index=7,
    device_point=compressed(phone.public_key()),
)
GONE = bytes(7) + b"\x01"  # issued by a key that has left the list
LAPSED = bytes(7) + b"\x02"
REFERENCES = {
    CTI: ISSUED,
    GONE: replace(ISSUED, cti=GONE, kid=stranger.kid),
    LAPSED: replace(ISSUED, cti=LAPSED, exp=NOW - 301),
}
WORLD = {
    "root": compressed(root.key.public_key()).hex(),
    "trust": MESSAGE.hex(),
    "statuses": {URI: TOKEN.hex()},
    "references": {
        cti.hex(): {
            "point": facts.device_point.hex(),
            "kid": facts.kid.hex(),
            "exp": facts.exp,
        }
        for cti, facts in REFERENCES.items()
    },
    "now": NOW,
}
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# The last second of the status list, the first without; the same of the keys; and far away.
MOMENTS = [LISTS[URI].exp - 1, LISTS[URI].exp, LATER_KEY_OPENS - 1, NOW - 60 * DAY]
MOMENTS += [NOW - 60 * DAY - 1, *(NOW + days * DAY for days in (-8, 6, 8, 20, 30, 500))]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# What may stand in a text beside its own characters: case, full width, line ends, other planes.
FOREIGN = "auz：￥。\n\r\t\0é中😀\ufeff"
WHOLES = [-1, 0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**20, 2**32 - 1, 2**32, 2**53, 2**64 - 1]


@dataclass(frozen=True)
class Case:
    """A text, and who reads it when: what `verify_text` is asked."""

    text: str
    now: int = NOW
    audience: str | None = None
    nonce: bytes | None = None
    online: bool = False

    @property
    def asked(self):
        return asdict(self) | {"nonce": None if self.nonce is None else self.nonce.hex()}

    def answer(self):
        """Return what Python says, in the words of the other implementation."""
        return told(
            verify_text(
                self.text,
                now=self.now,
                trust=trust,
                statuses=LISTS,
                audience=self.audience,
                nonce=self.nonce,
                references=REFERENCES.get if self.online else None,
            )
        )


def told(answer):
    if isinstance(answer, Refused):
        return {"ok": False, "code": answer.code.value, "detail": answer.detail}
    return {
        "ok": True,
        "form": answer.form.value,
        "profile": answer.profile.value,
        "assurance": answer.assurance.value,
        "challenged": answer.challenged,
        "cti": answer.cti.hex(),
        "iat": answer.iat,
        "exp": answer.exp,
        "tier": answer.tier,
        "statusList": answer.status_list,
        "statusIndex": answer.status_index,
        "kid": answer.kid.hex(),
        "hint": answer.hint,
    }


def private_jwk(key):
    return public_jwk(key.public_key()) | {"d": base64url(private_key_bytes(key))}


class Cases:
    """Makes cases at random, most of them right in most ways, so that each check is reached."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def case(self):
        """Return what some phone, printer or service might have made, and who reads it."""
        make = self.random.choice([self.full, self.full, self.reference, self.paper, self.slice])
        return Case(make(), **self.reader())

    def reader(self):
        asked = self.mostly({"audience": AUDIENCE}, {})
        if self.often(0.2):
            asked["nonce"] = self.mostly(NONCE, bytes(range(9)))
        return {
            "now": self.mostly(NOW, *MOMENTS),
            "online": self.often(0.8),
        } | asked

    def said(self):
        """Return what a phone says of itself: moment, audience, nonce."""
        offset = self.mostly(self.random.randint(-30, 10), -121, -120, -90, -31, 11)
        return {
            "iat": NOW + offset,
            "audience": self.mostly(None, AUDIENCE, "M8X2Q4ZU", "商", "a" * 16),
            "nonce": self.mostly(None, NONCE, NONCE, bytes(16)),
        }

    def full(self):
        return shown(self.credential(), key=self.mostly(phone, OTHER_PHONE), **self.said())

    def credential(self):
        issuer = self.mostly(card, opening, closing, later_card, paper, stranger)
        if self.often(0.1):
            return signed_credential(self.claims(), issuer=issuer)
        life = self.mostly(14 * DAY, -301, -300, 0, 35 * DAY, 35 * DAY + 1, 70 * DAY)
        return credential(issuer=issuer, exp=NOW + life, **self.facts())

    def facts(self):
        return {
            "cti": self.mostly(CTI, self.random.randbytes(8)),
            "tier": self.random.choice([0, 0, 1, 23]),
            "status_list": self.mostly(LIST, 0, 24, 65_535),
            "status_index": self.mostly(7, 1, 2, 3, 4, 2**20 - 1),
        }

    def reference(self):
        said = self.said()
        return present_reference(
            self.mostly(CTI, GONE, LAPSED, bytes(8)), self.mostly(phone, OTHER_PHONE), **said
        )

    def paper(self):
        hint = self.mostly("张*", None, "", "欧阳*", "\ufeff张*", "\U00020bb7*", "a\0b")
        life = self.mostly(400 * DAY, 800 * DAY, 800 * DAY + 1, -300, -301)
        return static(
            Profile.PAPER,
            issuer=self.mostly(paper, card, slice_),
            exp=NOW + life,
            hint=hint,
            **self.facts(),
        )

    def slice(self):
        life = self.mostly(30, 90, 91, -10, -11)
        return static(
            Profile.SLICE, issuer=self.mostly(slice_, card), exp=NOW + life, **self.facts()
        )

    def claims(self):
        """Return claims that are nearly those of a credential, as a map in any order."""
        claims = {
            4: self.mostly(NOW + DAY, *WHOLES),
            7: self.mostly(CTI, b"", bytes(9), self.value()),
            8: self.mostly(CNF, *self.device_keys(), self.value()),
            -65537: self.mostly([1, 0, LIST, 7], [self.whole() for _ in range(4)], self.value()),
        }
        if self.often(0.5):
            name = self.mostly(self.whole(), self.value())
            claims[name if isinstance(name, int | str | bytes) else 9] = self.value()
        if self.often(0.2):
            claims.pop(self.random.choice(list(claims)))
        return self.in_order(claims)

    def device_keys(self):
        """Return keys that nobody has: off the curve, beyond the field, misspelled."""
        xs = [bytes(32), b"\xff" * 32, FIELD.to_bytes(32), (FIELD + 5).to_bytes(32), bytes(31)]
        changes = [*({-2: x} for x in xs), {-3: not CNF[1][-3]}, {self.whole(): self.value()}]
        return [{1: self.in_order(CNF[1] | change)} for change in changes]

    def in_order(self, claims):
        """Return `claims` in their bytewise order, seldom in another."""
        items = list(claims.items())
        if self.often(0.1):
            self.random.shuffle(items)
        else:
            items.sort(key=lambda item: cbor2.dumps(item[0]))
        return dict(items)

    def whole(self):
        return self.random.choice(WHOLES) * self.random.choice([1, 1, 1, -1])

    def value(self, depth=3):
        """Return any value, of types that the format does not know too."""
        simple = [
            self.whole(),
            self.random.randbytes(self.random.randint(0, 40)),
            "".join(self.random.choices(ALPHABET + FOREIGN, k=self.random.randint(0, 8))),
            self.often(0.5),
            self.random.choice([None, 1.5, cbor2.CBORTag(18, 1), float("nan")]),
        ]
        if self.often(0.05):
            return [[[[[[[0]]]]]]]
        if depth == 0 or self.often(0.6):
            return self.random.choice(simple)
        inner = [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        return inner if self.often(0.5) else {self.whole(): each for each in inner}

    def mutation(self):
        """Return a case of which one thing was changed: on the wire, or before it was signed."""
        base = self.case()
        change = self.random.choice(
            [self.texts, self.bytes_of, self.signature, self.resigned, self.resigned]
        )
        return replace(base, text=change(base.text))

    def texts(self, text):
        at = self.random.randint(0, len(text))
        end = at + self.random.choice([0, 1, 1, 2, 5, len(text)])
        new = "".join(self.random.choices(ALPHABET + FOREIGN, k=self.random.choice([0, 1, 1, 3])))
        if self.often(0.02):
            new *= self.random.choice([150, 300, 600])
        return text[:at] + new + text[end:]

    def bytes_of(self, text):
        prefix = self.mostly(text[:4], "UC1:", "UR1:", "US1:", "UC2:", "UM1:", "HC1:")
        return prefix + base45.encode(self.changed(message_of(text)))

    def signature(self, text):
        """Return a text whose last signature has another r or s, of which n - s is as good."""
        message = message_of(text)
        r, s = (int.from_bytes(part) for part in (message[-64:-32], message[-32:]))
        others = [0, 1, ORDER - 1, ORDER, ORDER + s, 2**256 - 1, self.random.getrandbits(256)]
        r, s = self.random.choice([(r, ORDER - s), (r, ORDER - s), (s, r)] + [
            each for other in others for each in ((r, other), (other, s))
        ])  # fmt: skip
        parts = (value % 2**256 for value in (r, s))
        return text[:4] + base45.encode(message[:-64] + b"".join(p.to_bytes(32) for p in parts))

    def changed(self, data):
        """Return `data` with a bit turned, a byte replaced, or a piece cut, doubled or put in."""
        at = self.random.randint(0, max(0, len(data) - 1))
        end = self.random.randint(at, min(len(data), at + 12))
        if self.often(0.3) and data:
            return data[:at] + bytes([data[at] ^ 1 << self.random.randint(0, 7)]) + data[at + 1 :]
        if self.often(0.3):
            return data[:at] + bytes([self.random.randint(0, 255)]) + data[at + 1 :]
        new = self.random.choice([b"", data[at:end], self.random.randbytes(end - at)])
        return data[:at] + new + data[self.random.choice([at, end]) :]

    def resigned(self, text):
        """Return a text whose changed part carries good signatures, so that it is read."""
        issued = read_sign1(credential(status_index=7), tagged=False)
        what = self.random.randint(0, 3)
        if what == 0:
            payload = self.mostly(self.changed(issued.payload), cbor2.dumps(self.claims()))
            raw = signed_credential(payload)
            return self.mostly(shown(raw), "US1:" + base45.encode(b"\xd2" + raw))
        if what == 1:
            return shown(
                signed_credential(issued.payload, protected=self.changed(issued.protected))
            )
        if what == 2:
            return signed_presentation(self.presentation(), raw=credential(status_index=7))
        claims = self.in_order(
            {4: NOW + 30, 7: CTI, -65537: [self.mostly(2, 3, 1, 0), 0, LIST, 7]}
            | self.mostly({}, {-65538: self.value()}, {self.whole(): self.value()})
        )
        payload = self.mostly(self.changed(cbor2.dumps(claims)), cbor2.dumps(claims))
        issuer = self.random.choice([paper, slice_])
        return "US1:" + base45.encode(signed_credential(payload, issuer=issuer, tagged=True))

    def presentation(self):
        claims = {6: self.mostly(NOW - 4, *WHOLES)}
        if self.often(0.5):
            claims[3] = self.mostly(AUDIENCE, "", "商" * 6, self.value())
        if self.often(0.5):
            claims[39] = self.mostly(NONCE, bytes(7), bytes(17), self.value())
        if self.often(0.1):
            claims[self.whole()] = self.value()
        spelled = cbor2.dumps(self.in_order(claims))
        return self.changed(spelled) if self.often(0.4) else spelled

    def often(self, share):
        return self.random.random() < share

    def mostly(self, usual, *others):
        """Return `usual` four times in five."""
        return usual if not others or self.often(0.8) else self.random.choice(others)
