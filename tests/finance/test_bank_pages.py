"""The desk's pages of bank lines: a file in, a line matched and undone, an exception resolved."""

import io
import re

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from finance.models import (
    BankFile,
    BankLine,
    Discrepancy,
    DiscrepancyState,
    Match,
    PaymentState,
)
from kernel.actors import Role
from tests.make import NOW
from tests.make.bank import ACCOUNT, bank_file
from tests.staff.conftest import baoan, city, longgang, signed_in

BANK = "/desk/finance/bank"
LINES = f"{BANK}/lines"
EXCEPTIONS = "/desk/finance/exceptions"
FIRST = NOW.replace(day=1)


@pytest.fixture
def desk_of(make, city, signed_in):  # noqa: F811
    """Return a function: the desk, in English, of somebody with a role for the city."""

    def sign_in(role, union=None):
        desk = signed_in(make.staff(role, union=union or city))
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return desk

    return sign_in


@pytest.fixture
def maker(desk_of):
    return desk_of(Role.FINANCE_MAKER)


@pytest.fixture
def checker(desk_of):
    return desk_of(Role.FINANCE_CHECKER)


def words(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def send(desk, path, fields=None):
    return desk.send(path, page=BANK, **fields or {})


def upload(desk, content, name="bank.csv"):
    return send(desk, BANK, {"file": (io.BytesIO(content), name)})


def test_a_file_is_taken_in_and_said_in_words(session, maker):
    content = bank_file(("2026-11-05", -3_50, "手续费"), ("2026-11-06", 9_00, "拨付经费"))
    assert "No bank file has been taken in yet." in words(maker.open(BANK))

    answer = upload(maker, content)

    assert answer.status_code == 303
    page = words(maker.open(BANK))
    assert "2 lines, 2 of them new: 0 matched by their reference, 2 put down as exceptions" in page
    assert ACCOUNT in page
    file = session.scalars(select(BankFile)).one()
    assert (file.name, file.lines, file.imported_by is not None) == ("bank.csv", 2, True)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "bank_file.imported"))
    assert entry.one().facts == {"lines": 2, "new": 2, "matched": 0, "named": 2}

    upload(maker, content)
    assert "This very file was taken in before" in words(maker.open(BANK))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        ("交易日期,金额\n2026-11-05,1.00\n".encode(), "Columns that are missing 余额"),
        (
            bank_file(("2026-11-05", -3_50, "手续费")).replace(b"199,996.50", b"199,996.51"),
            "",
        ),
        (bank_file(("2031-11-05", -3_50, "手续费")), "The file has a line from the future"),
        (
            bank_file(("2026-11-05", -3_50, "费"), ("2026-11-06", -1_00, "费")).replace(
                b"199,995.50", b"199,995.51"
            ),
            "Balance that was expected ¥199,995.50 Balance in the file ¥199,995.51",
        ),
    ],
)
def test_a_refused_file_is_explained(session, maker, content, said):
    answer = upload(maker, content)

    if not said:
        assert answer.status_code == 303
        return
    assert answer.status_code in (409, 422)
    assert said in words(answer)
    assert session.scalars(select(BankFile)).all() == []


def test_a_form_without_a_file_is_refused(maker):
    answer = send(maker, BANK)

    assert answer.status_code == 422
    assert "Choose a file." in words(answer)


def test_lines_are_filtered_and_saved(make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(
        ("2026-11-05", -52_50, payment.reference),
        ("2026-11-06", -3_50, "手续费"),
        ("2026-11-07", 8_88, "利息"),
    )

    assert "手续费" in words(maker.open(LINES))
    assert payment.reference not in words(maker.open(LINES))
    assert payment.reference in words(maker.open(f"{LINES}?show=all"))
    only = words(maker.open(f"{LINES}?amount_fen=3.50&from_on=2026-11-06&until_on=2026-11-06"))
    assert "手续费" in only
    assert "利息" not in only
    assert "利息" in words(maker.open(f"{LINES}?text=利&account={ACCOUNT}"))
    assert "No line fits this filter." in words(maker.open(f"{LINES}?text=没有"))
    assert maker.open(f"{LINES}?amount_fen=viel").status_code == 422
    saved = maker.open(f"{LINES}?show=all&format=csv")
    assert saved.mimetype == "text/csv"
    assert saved.get_data().decode("utf-8-sig").count("\n") == 4
    assert maker.open(f"{LINES}?cursor=abc").status_code == 400


def test_a_long_list_is_paged(make, maker):
    make.bank_import(*(("2026-11-05", -1_00 - number, f"第{number}笔") for number in range(60)))

    first = maker.open(LINES)
    after = re.search(r'href="([^"]*cursor=[^"]+)"', first.text)[1].replace("&amp;", "&")
    second = words(maker.open(after))

    assert "第59笔" in words(first)
    assert "第0笔" in second
    assert "第59笔" not in second


def test_a_line_is_matched_beside_its_suggestions(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST, payee="演示影院商户11")
    make.bank_import(("2026-11-05", -52_50, "转账", "演示影院商户11"))
    line = session.scalars(select(BankLine)).one()
    page = words(maker.open(f"{LINES}/{line.id}"))
    assert "80 % · the amount and the payee's name" in page

    answer = send(
        maker, f"{LINES}/{line.id}/match", {"payment_id": str(payment.id), "amount_fen": "52.50"}
    )

    assert answer.status_code == 303
    made = session.scalars(select(Match)).one()
    assert (made.score, made.reason, made.amount_fen) == (80, "amount_and_payee", -52_50)
    session.refresh(payment)
    assert payment.state is PaymentState.PAID
    page = words(maker.open(f"{LINES}/{line.id}"))
    assert "This line is explained to the last fen." in page
    assert "Somebody else may undo it" in page


def test_another_payment_is_found_and_matched_in_part(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST, payee="演示餐饮商户02")
    make.bank_import(("2026-11-05", -20_00, "转账"))
    line = session.scalars(select(BankLine)).one()
    assert "No payment at the bank fits this line." in words(maker.open(f"{LINES}/{line.id}"))

    for text in ("餐饮", payment.reference.lower(), "52.5"):
        assert payment.reference in words(maker.open(f"{LINES}/{line.id}?find={text}"))
    assert "fits this search" in words(maker.open(f"{LINES}/{line.id}?find=没有"))
    send(maker, f"{LINES}/{line.id}/match", {"payment_id": str(payment.id), "amount_fen": "20"})

    made = session.scalars(select(Match)).one()
    assert (made.score, made.reason) == (None, "by_hand")


def test_too_much_is_refused_beside_the_line(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -20_00, "转账"))
    line = session.scalars(select(BankLine)).one()
    named = {"payment_id": str(payment.id)}

    refused = send(maker, f"{LINES}/{line.id}/match", named | {"amount_fen": "52.50"})
    unread = send(maker, f"{LINES}/{line.id}/match", named | {"amount_fen": "viel"})

    assert refused.status_code == 409
    assert "That is more than is left of the bank line." in words(refused)
    assert unread.status_code == 422


def test_a_match_is_undone_by_a_checker(session, make, maker, checker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, "转账"))
    line = session.scalars(select(BankLine)).one()
    send(maker, f"{LINES}/{line.id}/match", {"payment_id": str(payment.id), "amount_fen": "52.50"})
    made = session.scalars(select(Match)).one()
    undo = f"{BANK}/matches/{made.id}/undo"
    assert send(maker, undo, {"reason": "误配"}).status_code == 403
    assert send(checker, undo).status_code == 422

    assert send(checker, undo, {"reason": "误配"}).status_code == 303

    again = send(checker, undo, {"reason": "误配"})
    assert again.status_code == 409
    assert "has been undone already" in words(again)
    assert "误配" in words(checker.open(f"{LINES}/{line.id}"))
    assert "undone" in words(checker.open(f"{BANK}/matches?show=undone"))
    assert "No match fits this filter." in words(checker.open(f"{BANK}/matches?show=live"))
    saved = checker.open(f"{BANK}/matches?format=csv").get_data().decode("utf-8-sig")
    assert payment.reference in saved


def test_an_exception_is_taken_on_noted_and_resolved(session, make, checker):
    make.bank_import(("2026-11-05", -3_50, "手续费"))
    named = session.scalars(select(Discrepancy)).one()
    page = f"{EXCEPTIONS}/{named.id}"
    assert "Bank's fee" in words(checker.open(EXCEPTIONS))

    send(checker, f"{page}/take-on", {"version": "1"})
    send(checker, f"{page}/note", {"version": "2", "note": "问过银行"})
    assert "问过银行" in words(checker.open(f"{EXCEPTIONS}?mine=mine&code=bank_fee"))
    stale = send(checker, f"{page}/resolve", {"version": "1", "note": "记-1042"})
    assert stale.status_code == 412
    send(checker, f"{page}/resolve", {"version": "3", "note": "记-1042"})

    session.refresh(named)
    assert (named.state, named.note) == (DiscrepancyState.RESOLVED, "记-1042")
    assert "Everything is explained." in words(checker.open(EXCEPTIONS))
    assert "记-1042" in words(checker.open(f"{EXCEPTIONS}?state=resolved"))
    assert "记-1042" in checker.open(f"{EXCEPTIONS}?state=any&format=csv").text
    actions = session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.object_type == "discrepancy")
        .order_by(AuditEntry.occurred_at, AuditEntry.id)
    ).all()
    assert actions == ["exception.taken_on", "exception.annotated", "exception.resolved"]


@pytest.mark.parametrize("path", [BANK, LINES, f"{BANK}/matches", EXCEPTIONS])
def test_an_auditor_reads_and_a_part_of_the_city_does_not(desk_of, baoan, path):  # noqa: F811
    assert desk_of(Role.AUDITOR).open(path).status_code == 200
    assert desk_of(Role.FINANCE_MAKER, union=baoan).open(path).status_code == 403


def test_the_list_of_files_is_saved(session, maker):
    upload(maker, bank_file(("2026-11-05", -3_50, "手续费")), name="十一月.csv")

    saved = maker.open(f"{BANK}?format=csv").text

    heading, line = saved.splitlines()
    assert heading.endswith("Account,Layout,First day,Last day,Lines,New,Taken in,Taken in by")
    assert line.startswith(f"十一月.csv,{ACCOUNT},")
    assert maker.open(f"{BANK}?format=xlsx").status_code == 200
    assert "?format=xlsx" in maker.open(BANK).text
