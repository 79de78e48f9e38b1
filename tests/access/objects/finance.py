"""Cases of finance: statements, payments, the bank, traces."""

from kernel.actors import Role
from tests.access.build.money import BUYER, INVOICE_NUMBER
from tests.access.objects.cases import (
    REASON,
    VERSION,
    Case,
    Own,
    desk_case,
    managed_case,
    till_case,
)
from tests.make import NOW

TRACE_CASES = [
    desk_case(
        key,
        owner=Role.AUDITOR.value,
        strangers={"foreign_staff": (403, None)},
        object_id="sale",
    )
    for key in ("GET finance_trace_api.show_trace", "GET finance_trace_pages.show")
]

# Payments are the whole city's: a role for a part of it stops at the door.
_PART_OF_CITY = {"foreign_staff": (403, None)}

_MAKER, _APPROVER = Role.FINANCE_MAKER.value, Role.FINANCE_APPROVER.value

_PAYOUT = {"account_number": "6299990000000017", "bank_name": "演示银行"}

PAYMENT_CASES = [
    desk_case(
        f"{method} finance_payments_pages.{view}",
        owner=owner,
        strangers=_PART_OF_CITY,
        batch_id=batch,
        form=form,
    )
    for method, view, owner, batch, form in (
        ("GET", "batch", _MAKER, "payment_batch", None),
        ("GET", "bank_file", _MAKER, "sent_batch", None),
        ("POST", "check", Role.FINANCE_CHECKER.value, "large_batch", VERSION),
        ("POST", "approve", _APPROVER, "payment_batch", VERSION),
        ("POST", "cancel", _MAKER, "payment_batch", VERSION),
        ("POST", "send", _MAKER, "confirmed_batch", {"version": "2"}),
    )
] + [
    desk_case(
        "POST finance_payments_pages.prepare",
        owner=_MAKER,
        strangers=_PART_OF_CITY,
        form={"book": "union", "chosen": Own("owed_statement")},
    ),
    *(
        desk_case(
            f"GET finance_payment_runs_pages.{view}",
            owner=_MAKER,
            strangers=_PART_OF_CITY,
            run_id="payment_run",
        )
        for view in ("show", "progress")
    ),
    *(
        desk_case(
            f"{method} finance_works_pages.{view}",
            owner=_MAKER,
            strangers=_PART_OF_CITY,
            work_id="work",
            form={} if method == "POST" else None,
        )
        for method, view in (("GET", "show"), ("GET", "progress"), ("POST", "cancel"))
    ),
    *(
        desk_case(
            f"POST finance_payment_settings_pages.{view}",
            owner=owner,
            strangers=_PART_OF_CITY,
            tiers_id="payment_tiers",
            form=VERSION,
        )
        for view, owner in (("approve", _APPROVER), ("withdraw", _MAKER))
    ),
    *(
        desk_case(
            f"{method} finance_refusals_pages.{view}",
            owner=owner,
            strangers=_PART_OF_CITY,
            form=form,
            **place,
        )
        for method, view, owner, place, form in (
            ("GET", "payment", _MAKER, {"payment_id": "bank_payment"}, None),
            (
                "POST",
                "declare",
                _MAKER,
                {"payment_id": "bank_payment"},
                {"refused_on": str(NOW.date()), "reason": "户名不符"},
            ),
            ("POST", "confirm", _APPROVER, {"refusal_id": "declared_refusal"}, VERSION),
            ("POST", "withdraw", _MAKER, {"refusal_id": "declared_refusal"}, VERSION),
            (
                "POST",
                "revoke",
                _MAKER,
                {"refusal_id": "confirmed_refusal"},
                {"version": "2", "reason": "银行已入账"},
            ),
        )
    ),
    desk_case("GET finance_payout_pages.payee", member_id="member"),
    desk_case("POST finance_payout_pages.save", member_id="member", form=_PAYOUT),
]

_FOREIGN_FINANCE = {"foreign_staff": (403, None)}


def _bank(key, *, owner=Role.FINANCE_MAKER, form=None, **path):
    return Case(key, owner.value, path, form=form or {}, strangers=_FOREIGN_FINANCE)


BANK_CASES = [
    _bank("GET finance_bank_pages.line", bank_line_id="bank_line"),
    _bank(
        "POST finance_bank_pages.match_line",
        bank_line_id="bank_line",
        form={"payment_id": Own("bank_payment"), "amount_fen": "1"},
    ),
    _bank(
        "POST finance_bank_pages.undo",
        owner=Role.FINANCE_CHECKER,
        match_id="bank_match",
        form=REASON,
    ),
    _bank("GET finance_bank_pages.exception", discrepancy_id="exception"),
    _bank("POST finance_bank_pages.take_exception_on", discrepancy_id="exception", form=VERSION),
    *(
        _bank(
            f"POST finance_bank_pages.{verb}_exception",
            discrepancy_id="exception",
            form=VERSION | {"note": "核对"},
        )
        for verb in ("note", "resolve")
    ),
]

_INVOICE = {
    "number": "26442000000000000002",
    "issued_on": str(NOW.date()),
    "amount": "30.00",
    "buyer_uscc": BUYER,
}

STATEMENT_CASES = [
    till_case("GET finance_statements_api.show_statement", statement_id="issued_statement"),
    till_case("GET till_papers_api.save_statement", statement_id="issued_statement"),
    till_case("POST finance_statements_api.agree", statement_id="issued_statement"),
    till_case(
        "POST finance_statements_api.dispute",
        json={
            "id": "0197f000-0000-7000-8000-000000000004",
            "journal_id": Own("issued_line"),
            "reason": "少算了一单",
        },
        statement_id="issued_statement",
    ),
    till_case(
        "POST finance_statements_api.dispute",
        json={
            "id": Own("disputed_dispute"),
            "journal_id": Own("disputed_line"),
            "reason": "少算了一单",
        },
        statement_id="disputed_statement",
    ),
    managed_case("GET merchants_manager.statement", statement_id="issued_statement"),
    managed_case("POST merchants_manager.agree_to_statement", statement_id="issued_statement"),
    managed_case(
        "GET merchants_manager.dispute_form",
        statement_id="issued_statement",
        journal_id="issued_line",
    ),
    managed_case(
        "POST merchants_manager.dispute_line",
        form={"id": "0197f000-0000-7000-8000-000000000014", "reason": "少算了一单"},
        statement_id="issued_statement",
        journal_id="issued_line",
    ),
    managed_case(
        "POST merchants_manager.dispute_line",
        form={"id": Own("disputed_dispute"), "reason": "少算了一单"},
        statement_id="disputed_statement",
        journal_id="disputed_line",
    ),
    managed_case(
        "POST merchants_manager.add_file",
        form={},
        statement_id="disputed_statement",
        journal_id="disputed_line",
    ),
    managed_case("GET merchants_manager.statement_paper", statement_id="issued_statement"),
    managed_case("GET merchants_manager.invoice_form", statement_id="invoiced_statement"),
    managed_case(
        "POST merchants_manager.save_invoice",
        form=_INVOICE | {"id": "0197f000-0000-7000-8000-000000000015"},
        statement_id="invoiced_statement",
    ),
    managed_case(
        "POST merchants_manager.save_invoice",
        form=_INVOICE | {"id": Own("invoice"), "number": INVOICE_NUMBER, "amount": "10.00"},
        statement_id="invoiced_statement",
    ),
    desk_case("GET finance_statements_pages.statement", statement_id="open_statement"),
    desk_case("GET finance_statements_pages.paper", statement_id="open_statement"),
    desk_case("GET finance_statements_pages.evidence", evidence_id="evidence"),
    desk_case("POST finance_statements_pages.accept", invoice_id="invoice", form=VERSION),
    desk_case(
        "POST finance_statements_pages.give_back",
        invoice_id="invoice",
        form=VERSION | {"reason": "抬头不符"},
    ),
    desk_case("POST finance_statements_pages.issue", statement_id="open_statement", form=VERSION),
    desk_case(
        "POST finance_statements_pages.approve", statement_id="agreed_statement", form=VERSION
    ),
    desk_case(
        "POST finance_statements_pages.answer",
        dispute_id="disputed_dispute",
        form=VERSION | {"verdict": "stands", "answer": "已核对"},
    ),
    desk_case("POST finance_statements_pages.confirm", dispute_id="answered_dispute", form=VERSION),
    desk_case(
        "POST finance_statements_pages.send_back", dispute_id="answered_dispute", form=VERSION
    ),
]
