"""A scanned text in, `Verified` or `Refused` out.

The order is part of the format (docs/reference/card-credential.md, "The order of checks"): shape,
key, issuer's signature, key's window and use, expiry, what the phone says, phone's signature,
freshness, audience, status. Replay comes after all of them (replay.py), so that only codes that are
valid in every other way are remembered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.answers import Refused, Rejected, Verified, malformed
from cards.uc1.cache import CredentialCache, Proven
from cards.uc1.cose import Sign1
from cards.uc1.credential import Credential, SignedCredential, read_credential, read_static
from cards.uc1.keys import key_from_point
from cards.uc1.policy import POLICY, Policy
from cards.uc1.presentation import Presentation, read_full, read_presentation, read_reference
from cards.uc1.status import StatusCheck, StatusList, check_status
from cards.uc1.terms import ASSURANCE_OF, Form, Reason
from cards.uc1.text import open_text
from cards.uc1.trust import TrustKey, TrustList

Statuses = Mapping[str, StatusList] | StatusCheck
References = Callable[[bytes], Credential | None]


def verify_text(
    text: str,
    *,
    now: int,
    trust: TrustList,
    statuses: Statuses,
    audience: str | None = None,
    nonce: bytes | None = None,
    references: References | None = None,
    policy: Policy = POLICY,
    cache: CredentialCache | None = None,
) -> Verified | Refused:
    """Return what a scanned text proves at `now` (Unix seconds). Answers any text, quickly.

    `statuses`: verified lists by their address; or `StatusCheck.CALLER`, and the caller looks at
    `status_list` and `status_index` itself, then at replay, with `cti` and `single_use_moment`.
    `audience`: this terminal's code. With `nonce`, a challenge is open, and nothing but its answer
    is accepted; the caller lets a nonce be answered once.
    `references`: finds an issued credential by its cti, for codes that only name theirs. None at a
    verifier that is offline.
    `cache`: spares the issuer's half for a credential seen before.
    """
    try:
        return _verify(
            text,
            _Verifier(now, trust, statuses, audience, nonce, references, policy, cache),
        )
    except Rejected as rejected:
        return rejected.refused


@dataclass(frozen=True, slots=True)
class _Verifier:
    """Who asks, when, and what they hold: the same for every step."""

    now: int
    trust: TrustList
    statuses: Statuses
    audience: str | None
    nonce: bytes | None
    references: References | None
    policy: Policy
    cache: CredentialCache | None


def _verify(text: str, verifier: _Verifier) -> Verified:
    form, message = open_text(text, length_max=verifier.policy.text_length_max)
    match form:
        case Form.FULL:
            return _full(message, verifier)
        case Form.REFERENCE:
            return _reference(message, verifier)
        case Form.STATIC:
            return _static(message, verifier)


def _full(message: bytes, verifier: _Verifier) -> Verified:
    raw, holder = read_full(message)
    proven = _proven_before(raw, verifier)
    if proven is None:
        facts = _issued(read_credential(raw), verifier)
    else:
        facts = proven.facts
        _check_issuer(_issuer(facts, verifier), facts, verifier.now)
    _check_expiry(facts, verifier)
    device_key = _device_key(facts) if proven is None else proven.device_key
    if proven is None and verifier.cache is not None:
        issuer_point = verifier.trust.keys[facts.kid].point
        verifier.cache.put(raw, Proven(facts, issuer_point, device_key))
    return _held(Form.FULL, facts, holder, device_key, verifier)


def _reference(message: bytes, verifier: _Verifier) -> Verified:
    cti, holder = read_reference(message)
    if verifier.references is None:
        raise Rejected(Reason.UNSUPPORTED, "reference form needs the online service")
    facts = verifier.references(cti)
    if facts is None:
        raise Rejected(Reason.UNKNOWN_CARD)
    _check_expiry(facts, verifier)
    return _held(Form.REFERENCE, facts, holder, _device_key(facts), verifier)


def _static(message: bytes, verifier: _Verifier) -> Verified:
    facts = _issued(read_static(message), verifier)
    _check_expiry(facts, verifier)
    return _verified(Form.STATIC, facts, None, None, verifier)


def _held(
    form: Form,
    facts: Credential,
    holder: Sign1,
    device_key: EllipticCurvePublicKey,
    verifier: _Verifier,
) -> Verified:
    """Return what a phone's own signature, just made, adds to its credential."""
    presentation = read_presentation(holder.payload)
    if not holder.is_signed_by(device_key, external_aad=form.encode()):
        raise Rejected(Reason.BAD_SIGNATURE, "holder")
    _check_freshness(presentation.iat, verifier)
    return _verified(form, facts, presentation, device_key, verifier)


def _verified(
    form: Form,
    facts: Credential,
    presentation: Presentation | None,
    device_key: EllipticCurvePublicKey | None,
    verifier: _Verifier,
) -> Verified:
    _check_audience(presentation, audience=verifier.audience, nonce=verifier.nonce)
    _check_status(facts, verifier)
    return Verified(
        form=form,
        profile=facts.profile,
        assurance=ASSURANCE_OF[facts.profile],
        challenged=verifier.nonce is not None,
        cti=facts.cti,
        iat=None if presentation is None else presentation.iat,
        exp=facts.exp,
        tier=facts.tier,
        status_list=facts.status_list,
        status_index=facts.status_index,
        kid=facts.kid,
        hint=facts.hint,
        device_key=device_key,
    )


def _proven_before(raw: bytes, verifier: _Verifier) -> Proven | None:
    """Return the cached credential, if the trust list still means the same key by its kid."""
    proven = None if verifier.cache is None else verifier.cache.get(raw)
    if proven is None:
        return None
    issuer = verifier.trust.keys.get(proven.facts.kid)
    return proven if issuer is not None and issuer.point == proven.issuer_point else None


def _issued(signed: SignedCredential, verifier: _Verifier) -> Credential:
    """Return the credential, once its issuer is known to have signed it and allowed to."""
    facts = signed.facts
    issuer = _issuer(facts, verifier)
    if not signed.sign1.is_signed_by(issuer.key):
        raise Rejected(Reason.BAD_SIGNATURE, "issuer")
    _check_issuer(issuer, facts, verifier.now)
    return facts


def _issuer(facts: Credential, verifier: _Verifier) -> TrustKey:
    return verifier.trust.issuer(
        facts.kid, now=verifier.now, age_seconds_max=verifier.policy.trust_age_seconds_max
    )


def _check_issuer(issuer: TrustKey, facts: Credential, now: int) -> None:
    if not issuer.is_open(now):
        raise Rejected(Reason.UNKNOWN_KEY, "key outside its window")
    if issuer.use.value != facts.profile.value:
        raise Rejected(Reason.UNKNOWN_KEY, "key not for this profile")


def _check_expiry(facts: Credential, verifier: _Verifier) -> None:
    policy = verifier.policy
    if facts.exp > verifier.now + policy.life_seconds_max(facts.profile):
        raise malformed("lifetime over policy")
    if verifier.now > facts.exp + policy.grace_seconds(facts.profile):
        raise Rejected(Reason.EXPIRED)


def _device_key(facts: Credential) -> EllipticCurvePublicKey:
    try:
        return key_from_point(facts.device_point or b"")
    except ValueError:
        raise malformed("cnf-point") from None


def _check_freshness(iat: int, verifier: _Verifier) -> None:
    policy = verifier.policy
    challenged = verifier.nonce is not None
    past_seconds = policy.challenge_past_seconds if challenged else policy.past_seconds
    if iat > verifier.now + policy.future_seconds:
        raise Rejected(Reason.STALE, "clock ahead")
    if iat < verifier.now - past_seconds:
        raise Rejected(Reason.STALE, "too old")


def _check_audience(
    presentation: Presentation | None, *, audience: str | None, nonce: bytes | None
) -> None:
    """Refuse a code made for another terminal, or for another question than the one asked.

    A plain code, paper or a slice does not answer a challenge; an answer without its question is
    one that was relayed.
    """
    shown_audience = None if presentation is None else presentation.audience
    shown_nonce = None if presentation is None else presentation.nonce
    if shown_audience is not None and shown_audience != audience:
        raise Rejected(Reason.WRONG_AUDIENCE)
    if nonce is None:
        if shown_nonce is not None:
            raise Rejected(Reason.WRONG_AUDIENCE, "unexpected nonce")
        return
    if shown_nonce != nonce:
        raise Rejected(Reason.WRONG_AUDIENCE, "nonce")
    if shown_audience is None:
        raise Rejected(Reason.WRONG_AUDIENCE)


def _check_status(facts: Credential, verifier: _Verifier) -> None:
    if isinstance(verifier.statuses, StatusCheck):
        return
    issuer = verifier.trust.keys.get(facts.kid)
    if issuer is None:  # a reference whose key has left the list
        raise Rejected(Reason.STATUS_UNKNOWN)
    refused = check_status(
        uri=issuer.status_uri(facts.status_list),
        index=facts.status_index,
        held=verifier.statuses,
        now=verifier.now,
    )
    if refused is not None:
        raise Rejected(refused.code, refused.detail)
