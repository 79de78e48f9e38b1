"""Proof at the desk: what must always hold, the log and its checkpoints, the proof of a record."""

import json
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from audit.queries import public_keys
from finance.pages.closing_words import IDENTITY_WORDS
from finance.pages.reach import insist_on_the_city
from finance.queries.closing import residual_checks
from finance.queries.trace_kinds import TraceKind
from kernel.db import transaction
from kernel.exports import CellKind, Column
from kernel.forms import read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import attachment, cursor_place
from proof.errors import RecordNotLogged
from proof.models import Checkpoint, FaultKind, ProofLeaf, RecordKind
from proof.queries import (
    checkpoints,
    faults,
    find_leaf,
    leaves_of,
    log_size,
    newest_checkpoint,
    proof_of,
    record_of,
    sizes_by_kind,
    watch_row,
)
from proof.rules import leaf_hash
from proof.schemas import RecordSearch

pages = Blueprint("proof_pages", __name__, url_prefix="/desk/proof", template_folder="templates")
pages.before_request(insist_on_the_city)

KIND_WORDS = {
    RecordKind.CAPTURED: N_("Sale captured"),
    RecordKind.TAKEN_BACK: N_("Sale taken back"),
    RecordKind.BOOKED: N_("Voucher booked"),
    RecordKind.CLAIM_DECIDED: N_("Step of a claim"),
    RecordKind.COURSE_DECIDED: N_("Course completed or not"),
    RecordKind.DISPUTE_DECIDED: N_("Dispute decided"),
    RecordKind.STATEMENT_ISSUED: N_("Statement issued"),
    RecordKind.STATEMENT_APPROVED: N_("Statement approved"),
    RecordKind.BATCH_SENT: N_("Payments sent"),
    RecordKind.BANK_LINE: N_("Bank line"),
    RecordKind.MATCHED: N_("Bank line matched"),
    RecordKind.MATCH_UNDONE: N_("Match undone"),
    RecordKind.MONTH_CLOSED: N_("Month closed"),
    RecordKind.MONTH_CERTIFIED: N_("Certificate signed"),
}
FAULT_WORDS = {
    FaultKind.CHANGED: N_("It is not what was logged."),
    FaultKind.GONE: N_("It is not there any more."),
    FaultKind.TREE: N_("The log itself was changed, in the 256 records from here on."),
}


@dataclass(frozen=True)
class Invariant:
    """One sum that must be 0 in a month, as the hourly watch found it."""

    month: str
    word: str
    meaning: str
    residual: int
    is_money: bool
    checked_at: datetime


@pages.get("")
def invariants() -> ResponseReturnValue:
    """Show what must always hold, and what the hourly watch found last."""
    with transaction() as session:
        checks = residual_checks(session)
        watch, size, newest = watch_row(session), log_size(session), newest_checkpoint(session)
        wrong = faults(session)
    held = [
        Invariant(
            month=check.month,
            word=gettext(IDENTITY_WORDS.get(name, (name, ""))[0]),
            meaning=gettext(IDENTITY_WORDS[name][1]) if name in IDENTITY_WORDS else "",
            residual=residual,
            is_money=name.endswith("_fen"),
            checked_at=check.checked_at,
        )
        for check in checks
        for name, residual in sorted(check.residuals.items())
    ]
    # What does not hold comes first.
    held.sort(key=lambda each: (each.residual == 0, each.month))
    return render_template(
        "proof/invariants.html",
        held=held,
        watch=watch,
        size=size,
        newest=newest,
        faults=[(fault, leaf, FAULT_WORDS[fault.fault]) for fault, leaf in wrong],
        kind_words=KIND_WORDS,
    )


@pages.get("/log")
def log() -> ResponseReturnValue:
    """List the checkpoints, newest first, and find a record by its id."""
    form = read_query(RecordSearch())
    text = form.values.get("q", "").strip()
    place = cursor_place(parts=1)
    if place is not None and not (place[0].isascii() and place[0].isdigit()):
        abort(HTTPStatus.BAD_REQUEST)
    with transaction() as session:
        found = leaves_of(session, key=text) if text else []
        kinds = sizes_by_kind(session)
        keys = public_keys(session)
        before = int(place[0]) if place else None
        rows = checkpoints(session, before=before, limit=rows_wanted())
    if len(found) == 1:
        return redirect(url_of(found[0]))
    return listing(
        "proof/log.html",
        rows,
        columns=_columns(),
        name="checkpoints",
        place=lambda row: (str(row.size),),
        form=form,
        text=text,
        found=found,
        kinds=kinds,
        keys=keys,
        kind_words=KIND_WORDS,
        url_of=url_of,
    )


def _columns() -> list[Column[Checkpoint]]:
    return [
        Column(gettext("Records"), lambda row: row.size, CellKind.NUMBER),
        Column(gettext("Root"), lambda row: row.root.hex()),
        Column(gettext("Signed at"), lambda row: row.made_at, CellKind.MOMENT),
        Column(gettext("Signature"), lambda row: row.token),
    ]


def url_of(leaf: ProofLeaf) -> str:
    return url_for("proof_pages.record", kind=leaf.kind.value, record_key=leaf.record_key)


@pages.get("/records/<kind>/<record_key>")
def record(kind: str, record_key: str) -> ResponseReturnValue:
    """Show one record as it was logged, and whether it still says so."""
    with transaction() as session:
        leaf = find_leaf(session, kind=kind, key=record_key)
        said = record_of(session, leaf)
        try:
            proof = proof_of(session, leaf)
        except RecordNotLogged:
            proof = None
    return render_template(
        "proof/record.html",
        leaf=leaf,
        word=KIND_WORDS[leaf.kind],
        said=json.dumps(json.loads(said), ensure_ascii=False, indent=2) if said else None,
        trace=_trace_of(leaf.kind, json.loads(said)) if said else None,
        as_logged=said is not None and leaf_hash(said.encode()) == leaf.hash,
        proof=proof,
    )


# kind: what its chain is entered by, and which of its facts names that.
_TRACED = {
    RecordKind.CAPTURED: (TraceKind.REDEMPTION, "id"),
    RecordKind.TAKEN_BACK: (TraceKind.REVERSAL, "id"),
    RecordKind.BOOKED: (TraceKind.JOURNAL, "id"),
    RecordKind.CLAIM_DECIDED: (TraceKind.CLAIM, "claim_id"),
    RecordKind.COURSE_DECIDED: (TraceKind.ENROLMENT, "id"),
    RecordKind.DISPUTE_DECIDED: (TraceKind.DISPUTE, "id"),
    RecordKind.STATEMENT_ISSUED: (TraceKind.STATEMENT, "id"),
    RecordKind.STATEMENT_APPROVED: (TraceKind.STATEMENT, "id"),
    RecordKind.BATCH_SENT: (TraceKind.BATCH, "id"),
    RecordKind.BANK_LINE: (TraceKind.BANK_LINE, "id"),
    RecordKind.MATCHED: (TraceKind.MATCH, "id"),
    RecordKind.MATCH_UNDONE: (TraceKind.MATCH, "id"),
}


def _trace_of(kind: RecordKind, said: dict[str, Any]) -> str | None:
    """Return where the chain of a record is drawn; a closed month is on none."""
    if kind not in _TRACED:
        return None
    entered_by, fact = _TRACED[kind]
    return url_for("finance_trace_pages.show", kind=entered_by.value, object_id=said[fact])


@pages.get("/records/<kind>/<record_key>/proof")
def save_proof(kind: str, record_key: str) -> Response:
    """Save the proof of one record, for `verifier.py --proof`."""
    with transaction() as session:
        proof: dict[str, Any] = proof_of(session, find_leaf(session, kind=kind, key=record_key))
    content = json.dumps(proof, ensure_ascii=False, default=str).encode()
    return attachment(
        content, filename=f"proof-{kind}-{record_key}.json", mimetype="application/json"
    )
