"""A bank's ISO 20022 statement says the same as its table, and what does not add up is refused."""

from datetime import date, time

import pytest

from finance.errors import (
    BalanceChainBroken,
    BankAccountMissing,
    BankAccountsMixed,
    BankCurrencyOther,
    BankFileWithoutLines,
    BankLineInFuture,
    BankLineUnreadable,
    BankXmlUnknown,
)
from finance.rules.bank_files import read_bank_file
from finance.rules.bank_profiles import bank_formats
from finance.services.bank_import import import_bank_file
from kernel.money import Fen, yuan
from tests.finance.test_bank_import import bank_file
from tests.make import NOW

ACCOUNT = "6299990000000017"
TODAY = date(2026, 11, 23)


def amount(fen, currency="CNY"):
    sign = "CRDT" if fen >= 0 else "DBIT"
    shown = yuan(Fen(abs(fen))).replace(",", "")
    return f'<Amt Ccy="{currency}">{shown}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def balance(kind, fen):
    return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount(fen)}</Bal>"


def entry(day, fen, inside="", *, state="<Sts><Cd>BOOK</Cd></Sts>", currency="CNY"):
    moment = "DtTm" if "T" in day else "Dt"
    return (
        f"<Ntry>{amount(fen, currency)}{state}"
        f"<BookgDt><{moment}>{day}</{moment}></BookgDt>{inside}</Ntry>"
    )


def part(fen, reference):
    refs = f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>"
    return f"<TxDtls>{refs}{amount(fen)}</TxDtls>"


def statement(*entries, opening=100_00, closing, account=ACCOUNT):
    whose = f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
    inside = "".join(entries)
    return f"<Stmt>{whose}{balance('OPBD', opening)}{balance('CLBD', closing)}{inside}</Stmt>"


def document(*statements, version="08"):
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    inside = "".join(statements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">'
        f"<BkToCstmrStmt>{inside}</BkToCstmrStmt></Document>"
    )


def read(text, *, encoding="utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return read_bank_file(content, formats=bank_formats(), today=TODAY)


@pytest.mark.parametrize("version", ["02", "04", "08"])
@pytest.mark.parametrize("state", ["<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>"])
def test_booked_entries_are_lines_with_the_balance_after_each(version, state):
    told = (
        "<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>UCP1</EndToEndId></Refs>"
        "<RltdPties><Cdtr><Nm>演示饭店</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id></CdtrAcct></RltdPties>"
        "<RmtInf><Ustrd>结算款</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    text = document(
        statement(
            entry("2026-11-03T09:30:00+08:00", 20_00, state=state),
            entry("2026-11-02", -30_50, told, state=state),
            closing=89_50,
        ),
        version=version,
    )

    found = read(text)

    assert (found.account_number, found.opening_fen, found.closing_fen) == (ACCOUNT, 100_00, 89_50)
    paid, came = found.lines
    assert (paid.booked_on, paid.amount_fen, paid.balance_fen) == (
        date(2026, 11, 2),
        -30_50,
        69_50,
    )
    assert (paid.summary, paid.counterparty, paid.bank_reference) == (
        "UCP1 结算款",
        "演**店",
        "B1",
    )
    assert ACCOUNT not in paid.counterparty_account
    assert (came.booked_at, came.amount_fen, came.balance_fen) == (time(9, 30), 20_00, 89_50)


def test_a_batch_that_was_booked_as_one_is_its_parts():
    parts = f"<NtryDtls>{part(-10_00, 'UCP1')}{part(-15_00, 'UCP2')}</NtryDtls>"

    lines = read(document(statement(entry("2026-11-02", -25_00, parts), closing=75_00))).lines

    assert [(line.amount_fen, line.balance_fen, line.summary) for line in lines] == [
        (-10_00, 90_00, "UCP1"),
        (-15_00, 75_00, "UCP2"),
    ]


def test_what_is_not_booked_yet_moves_nothing():
    pending = entry("2026-11-02", -5_00, state="<Sts><Cd>PDNG</Cd></Sts>")

    lines = read(document(statement(pending, entry("2026-11-02", 1_00), closing=101_00))).lines

    assert [line.amount_fen for line in lines] == [1_00]


def test_statements_of_several_days_follow_one_another():
    days = [
        statement(entry("2026-11-03", 2_00), opening=101_00, closing=103_00),
        statement(entry("2026-11-02", 1_00), closing=101_00),
    ]

    found = read(document(*days))

    assert [line.balance_fen for line in found.lines] == [101_00, 103_00]
    with pytest.raises(BalanceChainBroken):
        read(document(days[1], statement(entry("2026-11-04", 1), opening=1, closing=2)))


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (document(statement(entry("2026-11-02", 1_00), closing=100_00)), BalanceChainBroken),
        (
            document(
                statement(
                    entry(
                        "2026-11-02",
                        -25_00,
                        f"<NtryDtls>{part(-10_00, 'A')}{part(-14_00, 'B')}</NtryDtls>",
                    ),
                    closing=75_00,
                )
            ),
            BalanceChainBroken,
        ),
        (document(statement(closing=100_00)), BankFileWithoutLines),
        (document(statement(entry("2026-11-24", 1), closing=100_01)), BankLineInFuture),
        (document(statement(entry("2026-13-01", 1), closing=100_01)), BankLineUnreadable),
        (
            document(statement(entry("2026-11-02", 1, currency="USD"), closing=100_01)),
            BankCurrencyOther,
        ),
        (
            document(statement(entry("2026-11-02", 1), closing=100_01, account="")),
            BankAccountMissing,
        ),
        (
            document(
                statement(entry("2026-11-02", 1), closing=100_01),
                statement(entry("2026-11-02", 1), closing=100_01, account="6299990000000025"),
            ),
            BankAccountsMixed,
        ),
        (document(), BankXmlUnknown),
        ("<?xml version='1.0'?><Document><Stmt>", BankXmlUnknown),
        (
            "<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a 'a'>]><Document>&a;</Document>",
            BankXmlUnknown,
        ),
        ("<?xml version='1.0' encoding='nonsense'?><Document/>", BankXmlUnknown),
    ],
)
def test_what_is_wrong_is_refused(text, refusal):
    with pytest.raises(refusal):
        read(text)


def test_lines_known_from_a_table_are_not_taken_again(session):
    table = bank_file(("2026-11-02", 1_00, "利息"), ("2026-11-03", -30_50, "手续费"))
    known = read_bank_file(table, formats=bank_formats(), today=NOW.date())
    told = statement(
        *(entry(line.booked_on.isoformat(), line.amount_fen) for line in known.lines),
        entry("2026-11-04", 5_00),
        opening=known.opening_fen,
        closing=known.closing_fen + 5_00,
        account=known.account_number,
    )
    facts = {"staff_id": None, "now": NOW}

    import_bank_file(session, content=table, name="table.csv", **facts)
    taken = import_bank_file(session, content=document(told).encode(), name="camt.xml", **facts)

    assert taken.new == 1
