"""The chart of accounts and the posting rules that ship with the product."""

import csv
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ledger.models import (
    Account,
    AccountKind,
    Book,
    Family,
    FundSource,
    PostingEvent,
    PostingRule,
    Side,
)

_DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class LoadedDefaults:
    """How many accounts and rules were new."""

    accounts: int
    rules: int


def load_defaults(session: Session) -> LoadedDefaults:
    """Add the shipped accounts and posting rules that are missing; change none that is there.

    The ids are fixed, so what finance has renamed, renumbered or switched off stays as it is. A
    default account whose code was given to another account is left out, with the rules that name
    it.
    """
    accounts = [
        {
            "id": UUID(line["id"]),
            "code": line["code"],
            "name_zh": line["name_zh"],
            "name_en": line["name_en"],
            "kind": AccountKind(line["kind"]),
            "book": Book(line["book"]),
        }
        for line in _lines("accounts.csv")
    ]
    new_accounts = session.scalars(
        insert(Account).values(accounts).on_conflict_do_nothing().returning(Account.id)
    ).all()
    known = set(session.scalars(select(Account.id)))
    by_code = {account["code"]: account for account in accounts if account["id"] in known}
    rules = [
        {
            "id": UUID(line["id"]),
            "family": Family(line["family"]),
            "fund_source": FundSource(line["fund_source"]),
            "event": PostingEvent(line["event"]),
            "book": by_code[line["debit_code"]]["book"],
            "debit_account_id": by_code[line["debit_code"]]["id"],
            "credit_account_id": by_code[line["credit_code"]]["id"],
            "party_side": Side(line["party_side"]),
        }
        for line in _lines("posting_rules.csv")
        if {line["debit_code"], line["credit_code"]} <= by_code.keys()
    ]
    new_rules = session.scalars(
        insert(PostingRule).values(rules).on_conflict_do_nothing().returning(PostingRule.id)
    ).all()
    return LoadedDefaults(accounts=len(new_accounts), rules=len(new_rules))


def _lines(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
