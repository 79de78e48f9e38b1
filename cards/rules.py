"""What is computed about cards: numbers, periods of status lists, how full a list may be."""

from datetime import UTC, datetime, timedelta

from stdnum import luhn

from kernel.clock import SHANGHAI, shanghai_date, shanghai_day, shanghai_week
from kernel.i18n import N_

NUMBER_PREFIX = "4403"
SERIAL_MAX = 999_999_999
SERIAL_DIGITS = 9
TAIL_DIGITS = 4
CHALLENGE_NONCE_BYTES = 8  # with a till's code of eight, the question fits QR version 2-M
ENROLMENT_LIFE = timedelta(seconds=120)
CHALLENGE_LIFE = timedelta(seconds=120)
SLICE_LIFE = timedelta(seconds=30)
# A random draw meets a taken entry as often as the list is full: beyond 60 % draws get long.
LIST_ENTRIES_MAX = 2**20 * 60 // 100
FREEZE_MAX = timedelta(days=366)
CONFIRMATION_NOTICE = timedelta(days=30)
# Reports of a lost card without signing in, a Shanghai day: for one number; and from one network,
# behind which a whole factory may be.
LOST_REPORTS_MAX = 5
LOST_REPORTS_FROM_NETWORK_MAX = 50


def card_number(serial: int, *, year: int) -> str:
    """Return the 16 digits: 4403, two of the year of issue, nine of the serial, Luhn."""
    assert 0 < serial <= SERIAL_MAX
    body = f"{NUMBER_PREFIX}{year % 100:02d}{serial:0{SERIAL_DIGITS}d}"
    return body + str(luhn.calc_check_digit(body))


def issue_year(now: datetime) -> int:
    return shanghai_date(now).year


def number_tail(number: str) -> str:
    return number[-TAIL_DIGITS:]


def grouped_number(number: str) -> str:
    """Return the number as people read it aloud: "4403 2600 0000 0013"."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def confirmation_due(*, begun_at: datetime, asked_at: datetime, every_days: int) -> datetime:
    """Return when a card expires unconfirmed: never within thirty days of asking the member."""
    return max(begun_at + timedelta(days=every_days), asked_at + CONFIRMATION_NOTICE)


def card_period(expires_at: datetime) -> str:
    """Return the name of the week, Shanghai's, in which a phone's credential expires."""
    return shanghai_week(shanghai_date(expires_at))


def card_period_end(expires_at: datetime) -> datetime:
    """Return the moment at which that week is over: no credential of its lists expires later."""
    day = shanghai_date(expires_at)
    _, end = shanghai_day(day + timedelta(days=6 - day.weekday()))
    return end


def paper_period(expires_at: datetime) -> str:
    """Return the name of the year, Shanghai's, in which a paper card expires."""
    return str(shanghai_date(expires_at).year)


def paper_period_end(expires_at: datetime) -> datetime:
    """Return the moment at which that year is over."""
    _, end = year_bounds(shanghai_date(expires_at).year)
    return end


def surname_hint(name: str) -> str:
    """Return what a paper card's code says of its holder: 张小明 → "张*", WANG → "W*"."""
    return f"{name[0]}*"


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """Return the two moments [start, end) between which it is `year` in Shanghai."""
    start, end = (datetime(each, 1, 1, tzinfo=SHANGHAI) for each in (year, year + 1))
    return start.astimezone(UTC), end.astimezone(UTC)


# What a cashier reads when a card is refused: what is the case, and what to do about it.
REFUSAL_SENTENCES: dict[str, tuple[str, str]] = {
    "malformed": (N_("This is not a union code."), N_("Scan the code in the member's app again.")),
    "unsupported": (
        N_("This code is newer than this service."),
        N_("Ask the member to show the live code."),
    ),
    "unknown_key": (
        N_("This code was not issued by the federation."),
        N_("Ask the member to open the app online and show a fresh code."),
    ),
    "bad_signature": (N_("This code is not genuine."), N_("Do not accept it; tell the union.")),
    "expired": (N_("This code has expired."), N_("Ask the member to open the app online once.")),
    "stale": (
        N_("This code is too old, or a clock is wrong."),
        N_("Ask for the live code; check the phone's clock."),
    ),
    "wrong_audience": (
        N_("This code was made for another till or another question."),
        N_("Ask the member to scan this till's code again."),
    ),
    "status_unknown": (
        N_("Whether this card is valid cannot be told right now."),
        N_("Try again in a moment."),
    ),
    "revoked": (
        N_("This code was withdrawn."),
        N_("Ask the member to open the app and show a fresh code."),
    ),
    "suspended": (
        N_("This card is suspended."),
        N_("The member can lift it in the app or at the union."),
    ),
    "replayed": (N_("This code was already used."), N_("Wait a moment for the next code.")),
    "unknown_card": (N_("This card is not known."), N_("Ask the member to show a fresh code.")),
    "lost": (
        N_("This card was reported lost."),
        N_("Do not accept it. The member can restore it in the app or at the union."),
    ),
    "frozen": (
        N_("This card is frozen."),
        N_("The member sees why in the app, and how to appeal."),
    ),
    "cancelled": (N_("This card was cancelled."), N_("Do not accept it.")),
    "issued": (
        N_("This card has not been activated."),
        N_("The member signs in to the app once."),
    ),
    "pending_verify": (
        N_("This card has not been activated."),
        N_("The member signs in to the app once."),
    ),
    "not_a_member": (
        N_("This person is not a member at present."),
        N_("The member can ask their union."),
    ),
}


# Why a card was not printed, by the code of its refusal, and what an officer can do about it.
PAPER_REFUSAL_SENTENCES: dict[str, tuple[str, str]] = {
    "real_name_required": (
        N_("Nobody has seen this person with a document yet."),
        N_("Compare the document at the desk, then choose this person and confirm it."),
    ),
    "consent_missing": (
        N_("The consent to real-name use is missing."),
        N_("Have it signed, then choose this person and confirm it."),
    ),
    "not_a_member": (
        N_("This person is not a member at present."),
        N_("Look at the membership in the register."),
    ),
    "card_not_usable": (
        N_("The card is lost, frozen, expired or cancelled."),
        N_("Open the card and see what can be done."),
    ),
    "card_not_found": (N_("The card is gone."), N_("Look for the member's card of today.")),
    "name_not_printable": (
        N_("Cannot print %(character)s."),
        N_("Check the name in the register. If it is right, tell the city: the font lacks it."),
    ),
}
