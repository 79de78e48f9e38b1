"""Sales without a network at the desk: what became of them, what is missing, what it costs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from discounts.pages import offline_words as words
from discounts.queries import (
    GapRow,
    OfflineRow,
    chain_place,
    first_scan,
    gaps_within,
    granted_on,
    offline_policy,
    offline_risk_within,
    offline_row_within,
    offline_rows_within,
    receipt_path_of,
)
from discounts.rules import receipt_number
from discounts.schemas import GapQuery, MonthQuery, OfflinePolicyForm, OfflineQuery
from discounts.services import change_offline_policy
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query, typed_yuan
from kernel.i18n import N_
from kernel.jws import base64url
from kernel.listing import listing, rows_wanted
from kernel.money import Fen
from kernel.pages import cursor_moment, moment_place, see_other
from kernel.web import NotAllowed, current_actor
from merchants.queries import DECIDERS, MerchantReach

pages = Blueprint(
    "offline_pages", __name__, url_prefix="/desk/offline", template_folder="../templates"
)


def _reach() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(*DECIDERS, Role.AUDITOR))


def _may_change() -> bool:
    """Say whether the caller sets the policy: it is the whole city's."""
    return MerchantReach(paths=current_actor().paths(*DECIDERS)).is_citywide


# --- Records


@pages.get("")
def records() -> ResponseReturnValue:
    """List what tills sold without a network, the last to come first, or save it as a file."""
    form = read_query(OfflineQuery())
    with transaction() as session:
        rows = offline_rows_within(
            session,
            reach=_reach(),
            after=cursor_moment(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "discounts/offline.html",
        rows,
        columns=_columns(),
        name="offline-sales",
        place=lambda row: moment_place(row.record.received_at, row.record.id),
        form=form,
        words=words,
    )


def _columns() -> list[Column[OfflineRow]]:
    return [
        Column(gettext("Came"), lambda row: row.record.received_at, CellKind.MOMENT),
        Column(gettext("Sold"), lambda row: row.sold_at, CellKind.MOMENT),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Site"), lambda row: row.site),
        Column(gettext("Till"), lambda row: row.terminal_code),
        Column(gettext("Number"), lambda row: row.record.seq, CellKind.NUMBER),
        Column(gettext("Offer"), lambda row: words.worded(row.title_zh, row.title_en)),
        Column(gettext("Bill"), lambda row: row.record.gross_fen, CellKind.MONEY),
        Column(gettext("Union pays"), _union_fen, CellKind.MONEY),
        Column(gettext("Beyond the lease"), lambda row: row.record.cut_fen, CellKind.MONEY),
        Column(gettext("Verdict"), lambda row: gettext(words.VERDICT_WORDS[row.record.verdict])),
        Column(gettext("Borne by"), lambda row: words.borne(row.record)),
        Column(gettext("Reason"), lambda row: words.reason(row.record.reason)),
        Column(gettext("Receipt"), _receipt),
    ]


def _union_fen(row: OfflineRow) -> Fen | None:
    return None if row.redemption is None else row.redemption.union_pays_fen


def _receipt(row: OfflineRow) -> str:
    sale = row.redemption
    if sale is None or sale.receipt_on is None or sale.receipt_seq is None:
        return ""
    return receipt_number(row.terminal_code, sale.receipt_on, sale.receipt_seq)


@pages.get("/<uuid:record_id>")
def record(record_id: UUID) -> ResponseReturnValue:
    """Show one record: its verdict, its clocks, its place in the chain, what granted it."""
    reach = _reach()
    with transaction() as session:
        row = offline_row_within(session, record_id=record_id, reach=reach)
        found = row.record
        place = chain_place(session, record=found)
        first = None
        if found.replay_of is not None:
            first = first_scan(session, verification_id=found.replay_of, reach=reach)
        day = found.sold_on or shanghai_date(row.sold_at)
        granted = granted_on(session, terminal_id=found.terminal_id, day=day)
    return render_template(
        "discounts/offline_record.html",
        row=row,
        place=place,
        first=first,
        day=day,
        granted=granted,
        own_hash=base64url(found.record_hash),
        receipt=_receipt(row),
        receipt_path=row.redemption and receipt_path_of(row.redemption, row.terminal_code),
        words=words,
    )


# --- Gaps


@pages.get("/gaps")
def gaps() -> ResponseReturnValue:
    """List the numbers of tills that never came, or save the list as a file."""
    form = read_query(GapQuery())
    now = utc_now()
    with transaction() as session:
        rows = gaps_within(
            session,
            reach=_reach(),
            now=now,
            after=cursor_moment(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "discounts/offline_gaps.html",
        rows,
        columns=_gap_columns(),
        name="offline-gaps",
        place=lambda row: moment_place(row.known_since, row.record_id),
        form=form,
        now=now,
        words=words,
    )


def _gap_columns() -> list[Column[GapRow]]:
    return [
        Column(gettext("Missed since"), lambda row: row.known_since, CellKind.MOMENT),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Site"), lambda row: row.site),
        Column(gettext("Till"), lambda row: row.terminal_code),
        Column(gettext("Missing numbers"), words.numbers),
        Column(gettext("How many"), lambda row: row.count, CellKind.NUMBER),
        Column(gettext("Counts until"), lambda row: row.counts_until, CellKind.MOMENT),
        Column(gettext("Last contact"), lambda row: row.last_seen_at, CellKind.MOMENT),
    ]


# --- What the programmes bore


@pages.get("/risk")
def risk() -> ResponseReturnValue:
    """Show what each programme bore in a month because tills could not know."""
    form = read_query(MonthQuery())
    starts_on = form.values.get("month") or shanghai_date(utc_now()).replace(day=1)
    ends_on = (starts_on + timedelta(days=32)).replace(day=1)
    with transaction() as session:
        lines = offline_risk_within(session, reach=_reach(), starts_on=starts_on, ends_on=ends_on)
    form.typed.setdefault("month", f"{starts_on:%Y-%m}")
    return render_template(
        "discounts/offline_risk.html",
        form=form,
        lines=lines,
        total_fen=sum(line.union_fen for line in lines),
        words=words,
    ), form.status


# --- What tills may grant


@pages.get("/policy")
def policy() -> ResponseReturnValue:
    """Show what tills may grant without a network; the city's designers can change it."""
    with transaction() as session:
        found = offline_policy(session)
    typed: dict[str, Any] = {
        name: typed_yuan(getattr(found, name)) if name.endswith("_fen") else getattr(found, name)
        for name in OfflinePolicyForm().fields
    }
    return _ask(blank_form(**typed))


@pages.post("/policy")
def save_policy() -> ResponseReturnValue:
    """Change what tills may grant, if nobody did meanwhile."""
    if not _may_change():
        raise NotAllowed
    form = read_form(OfflinePolicyForm())
    if not form.ok:
        return _ask(form)
    try:
        with transaction() as session:
            change_offline_policy(session, actor=current_actor(), now=utc_now(), **form.values)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask(form)
    return see_other(
        url_for("offline_pages.policy"),
        N_("Changed, and on the record. Each till hears it with its next lease."),
    )


def _ask(form: Form) -> ResponseReturnValue:
    return render_template(
        "discounts/offline_policy.html", form=form, may_change=_may_change()
    ), form.status
