"""How the desk says what became of sales without a network."""

from datetime import datetime, timedelta

from flask_babel import get_locale, gettext, ngettext

from discounts.models import BorneBy, OfflineRecord, RecordVerdict
from discounts.queries import GapRow, GapState, OfflineMatter
from discounts.rules import offline_sentence
from kernel.i18n import N_
from kernel.pages import shown_moment

VERDICT_WORDS = {
    RecordVerdict.WAITING: N_("Waits"),
    RecordVerdict.CAPTURED: N_("Counted"),
    RecordVerdict.REFUSED: N_("Not counted"),
}
VERDICT_KINDS = {
    RecordVerdict.WAITING: "wait",
    RecordVerdict.CAPTURED: "yes",
    RecordVerdict.REFUSED: "no",
}
BORNE_WORDS = {
    BorneBy.LIMIT: N_("The programme, within its limits"),
    BorneBy.OFFLINE_RISK: N_("The programme, as a risk"),
    BorneBy.MERCHANT: N_("The merchant"),
}
MATTER_WORDS = {
    OfflineMatter.WITHIN_LIMITS: N_("Counted within the limits"),
    OfflineMatter.OFFLINE_RISK: N_("Borne by the programme as a risk"),
    OfflineMatter.OVER_LEASE: N_("Beyond what the till may grant"),
    OfflineMatter.SHOWN_TWICE: N_("The same code at two tills"),
    OfflineMatter.REFUSED: N_("Not counted"),
    OfflineMatter.WAITING: N_("Waits"),
}
GAP_WORDS = {
    GapState.COUNTS: N_("Counts if it comes"),
    GapState.TOO_LATE: N_("Too late"),
}
GAP_KINDS = {GapState.COUNTS: "wait", GapState.TOO_LATE: "no"}
_TWO_DAYS = timedelta(days=2)
_HOUR = timedelta(hours=1)


def worded(zh: str | None, en: str | None) -> str:
    return (zh if str(get_locale()).startswith("zh") else en) or ""


def borne(record: OfflineRecord) -> str:
    """Say who bears the union's part."""
    if record.borne_by is None:
        return str(gettext("Nobody yet"))
    return str(gettext(BORNE_WORDS[record.borne_by]))


def reason(code: str | None) -> str:
    return str(gettext(offline_sentence(code, is_risk=False)[0])) if code else ""


def next_step(record: OfflineRecord) -> str:
    """Return what the merchant was told to do about it."""
    if record.reason is None:
        return ""
    is_risk = record.borne_by is BorneBy.OFFLINE_RISK
    return str(gettext(offline_sentence(record.reason, is_risk=is_risk)[1]))


def age(since: datetime, now: datetime) -> str:
    """Say in whole hours, from two days on in days, how long ago something was."""
    passed = max(now - since, timedelta())
    if passed >= _TWO_DAYS:
        return str(ngettext("%(num)s day", "%(num)s days", passed.days))
    if passed < _HOUR:
        return str(gettext("less than an hour"))
    return str(ngettext("%(num)s hour", "%(num)s hours", passed // _HOUR))


def numbers(row: GapRow) -> str:
    return str(row.first) if row.first == row.last else f"{row.first}–{row.last}"


def gap_state(row: GapRow, now: datetime) -> GapState:
    return GapState.COUNTS if row.counts_until >= now else GapState.TOO_LATE


def to_do(row: GapRow, now: datetime) -> str:
    """Say what to do about a gap."""
    if gap_state(row, now) is GapState.TOO_LATE:
        said = N_(
            "What still comes is not counted. Ask the merchant what became of the device: a number"
            " can be lost with it."
        )
    elif row.unpaired_at is not None:
        said = N_(
            "The till was unpaired. Pair the same device at this merchant again: it then sends what"
            " it kept. It counts until %(until)s."
        )
    else:
        said = N_(
            "Ask the merchant to open the till where there is a network: it sends what it kept by"
            " itself. It counts until %(until)s."
        )
    return str(gettext(said, until=shown_moment(row.counts_until)))
