"""A member signs in: a code to the phone, and the first time a match with the register.

Refusals that must be remembered (a wrong code counts) are returned, not raised: raising would
roll the count back with everything else. The view raises them once the block has closed.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.errors import Refusal
from kernel.secrets import blind_index, new_token, token_hash
from members.errors import (
    CorrectionNotNeeded,
    CorrectionRequested,
    NoStanding,
    RealNameMismatch,
    RealNameRequired,
    SignInCodeWrong,
)
from members.models import (
    CORRECTION_ANSWER,
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    CorrectionRequest,
    CorrectionState,
    Member,
    MemberSession,
    RealNameFailure,
    SignInCode,
)
from members.queries import member_by_phone_index, newest_sign_in_correction
from members.rules import PHONE_FIELD, normal_name
from members.services.consents import CONSENT_VERSIONS, store_consents
from members.services.corrections import open_sign_in_correction
from members.services.messages import send_code_message

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES_MAX = 5
SEND_PAUSE = timedelta(seconds=60)
SENDS_A_DAY_MAX = 10
SESSION_LIFE = timedelta(days=90)
REAL_NAME_FAILURES_MAX = 5
CARD_CONSENT = "card_real_name"


def ask_for_code(
    session: Session, *, phone: str, code: str, is_chinese: bool, now: datetime
) -> None:
    """Have `code` sent to `phone` (normalised), unless one was sent too lately or too often.

    Phones that nobody has are served alike: the answer, and how long it takes, tells nothing, and
    a member whose number the register does not have can ask for a correction.
    """
    if start_sign_in(session, phone=phone, code=code, now=now):
        send_code_message(
            session, phone=phone, code=code, life=CODE_LIFE, is_chinese=is_chinese, now=now
        )


def start_sign_in(session: Session, *, phone: str, code: str, now: datetime) -> bool:
    """Remember `code` for `phone` (normalised) and say whether it may be sent.

    False within 60 seconds of the last one or after ten in a Shanghai day. Locks the phone's row.
    The caller answers the same either way.
    """
    index = blind_index(PHONE_FIELD, phone)
    today = shanghai_date(now)
    row = session.get(SignInCode, index, with_for_update=True)
    if row is None:
        fresh = {
            "phone_index": index,
            "code_index": _code_index(phone, code),
            "sent_at": now,
            "expires_at": now + CODE_LIFE,
            "tries": 0,
            "sends_on": today,
            "sends": 1,
        }
        added = session.execute(
            insert(SignInCode).values(fresh).on_conflict_do_nothing().returning(SignInCode.sends)
        )
        return added.first() is not None
    sends = row.sends if row.sends_on == today else 0
    if now < row.sent_at + SEND_PAUSE or sends >= SENDS_A_DAY_MAX:
        return False
    row.code_index = _code_index(phone, code)
    row.sent_at = now
    row.expires_at = now + CODE_LIFE
    row.tries = 0
    row.used_at = None
    row.sends_on = today
    row.sends = sends + 1
    return True


def finish_sign_in(
    session: Session,
    *,
    phone: str,
    code: str,
    name: str | None,
    document_tail: str | None,
    consents: dict[str, int],
    now: datetime,
) -> tuple[Member, str] | Refusal:
    """Return the member and a new token, or the refusal to answer with once this has committed.

    Locks the phone's code row. A code is used up by success or a mismatch in the register; asking
    for the missing name leaves it usable.
    """
    row = _proven_code(session, phone=phone, code=code, now=now)
    if row is None:
        return SignInCodeWrong()
    member = member_by_phone_index(session, phone_index=row.phone_index)
    known = member is not None and member.real_name_at is not None
    if not known:
        if _failures(session, row.phone_index) >= REAL_NAME_FAILURES_MAX:
            row.tries -= 1
            return CorrectionRequested()
        missing = _missing(name, document_tail, consents)
        if missing:
            # The right code was given: the next form may use it again.
            row.tries -= 1
            return RealNameRequired(missing=missing, **_last_answer(session, row.phone_index))
        if member is None or not matches_register(member, name or "", document_tail or ""):
            # The code was right, so a correction may be asked for with it; what bounds guessing
            # at the register is the count of mismatches.
            row.tries -= 1
            return _remember_mismatch(session, phone=phone, name=name or "", member=member, now=now)
    assert member is not None
    if not member.has_standing():
        return NoStanding()
    row.used_at = now
    actor = Actor(ActorKind.MEMBER, id=member.id)
    if not known:
        member.real_name_at = now
        record(
            session,
            actor=actor,
            action="member.real_name_proven",
            object_type="member",
            object_id=member.id,
            now=now,
        )
    store_consents(session, member_id=member.id, consents=consents, now=now)
    return member, open_session(session, member_id=member.id, now=now)


def ask_correction_before_sign_in(
    session: Session,
    *,
    phone: str,
    code: str,
    name: str,
    document_tail: str,
    text: str,
    now: datetime,
) -> CorrectionRequest | Refusal:
    """Return the request of a person who cannot sign in, or the refusal, as `finish_sign_in` does.

    Locks the phone's code row and uses the code up. Whoever the register knows by this phone
    already asks when signed in.
    """
    row = _proven_code(session, phone=phone, code=code, now=now)
    if row is None:
        return SignInCodeWrong()
    member = member_by_phone_index(session, phone_index=row.phone_index)
    if member is not None and member.real_name_at is not None:
        row.tries -= 1
        return CorrectionNotNeeded()
    row.used_at = now
    return open_sign_in_correction(
        session,
        phone=phone,
        name=name,
        document_tail=document_tail,
        text=text,
        member=member,
        now=now,
    )


def open_session(session: Session, *, member_id: UUID, now: datetime) -> str:
    """Return the token of a new session; only its hash is kept."""
    token = "ucm_" + new_token()
    session.add(
        MemberSession(
            member_id=member_id,
            token_hash=token_hash(token),
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    session.flush()
    return token


def end_session(session: Session, *, session_id: UUID, now: datetime) -> None:
    """Sign a phone out. Ending twice changes nothing."""
    row = session.get(MemberSession, session_id, with_for_update=True)
    if row is not None and row.revoked_at is None:
        row.revoked_at = now


def end_other_sessions(
    session: Session, *, member_id: UUID, but: UUID | None, now: datetime
) -> int:
    """Sign a member out everywhere but in the session `but`; return how many phones that were."""
    query = select(MemberSession).where(
        MemberSession.member_id == member_id, MemberSession.revoked_at.is_(None)
    )
    ended = [row for row in session.scalars(query.with_for_update()) if row.id != but]
    for row in ended:
        row.revoked_at = now
    session.flush()
    return len(ended)


def _proven_code(session: Session, *, phone: str, code: str, now: datetime) -> SignInCode | None:
    """Return the phone's code row, locked, if `code` is the live one; count the try either way."""
    row = session.get(SignInCode, blind_index(PHONE_FIELD, phone), with_for_update=True)
    if row is None or row.used_at is not None or now >= row.expires_at:
        return None
    if row.tries >= CODE_TRIES_MAX:
        return None
    row.tries += 1
    return row if hmac.compare_digest(row.code_index, _code_index(phone, code)) else None


def _code_index(phone: str, code: str) -> bytes:
    # Bound to the phone, so that one phone's row tells nothing of another's with the same code.
    return blind_index("sign_in_code", f"{phone}|{code}")


def _missing(name: str | None, tail: str | None, consents: dict[str, int]) -> list[str]:
    missing = [field for field, value in (("name", name), ("document_tail", tail)) if not value]
    if consents.get(CARD_CONSENT) != CONSENT_VERSIONS[CARD_CONSENT]:
        missing.append("consents")
    return missing


def matches_register(member: Member, name: str, tail: str) -> bool:
    """Say whether a name and the last four of a document are those of the register."""
    document = MEMBER_DOCUMENT.open(member.id, member.document_sealed)
    registered = MEMBER_NAME.open(member.id, member.name_sealed)
    return registered == normal_name(name) and document[-4:] == tail.strip().upper()


def _last_answer(session: Session, phone_index: bytes) -> dict[str, str]:
    """Return what became of the correction that this phone asked for, once it was decided."""
    request = newest_sign_in_correction(session, phone_index=phone_index)
    if request is None or request.state is CorrectionState.OPEN:
        return {}
    said = {"correction": request.state.value}
    if request.answer_sealed is not None:
        said["answer"] = CORRECTION_ANSWER.open(request.id, request.answer_sealed)
    return said


def _failures(session: Session, phone_index: bytes) -> int:
    row = session.get(RealNameFailure, phone_index)
    return row.count if row else 0


def _remember_mismatch(
    session: Session, *, phone: str, name: str, member: Member | None, now: datetime
) -> Refusal:
    index = blind_index(PHONE_FIELD, phone)
    counted = (
        insert(RealNameFailure)
        .values(phone_index=index, count=1, last_at=now)
        .on_conflict_do_update(
            index_elements=[RealNameFailure.phone_index],
            set_={"count": RealNameFailure.count + 1, "last_at": now},
        )
        .returning(RealNameFailure.count)
    )
    if session.scalars(counted).one() < REAL_NAME_FAILURES_MAX:
        return RealNameMismatch()
    open_sign_in_correction(session, phone=phone, name=name, member=member, now=now)
    return CorrectionRequested()
