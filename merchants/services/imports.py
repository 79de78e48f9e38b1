"""A merchants file: every line judged, then taken or handed back, the same file twice for nothing.

An offer stands on each line too. It belongs to `benefits`, above: each taken line goes back to the
caller with its merchant's id and the offer's terms.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.actors import Actor
from kernel.sheets import Line
from kernel.text import Refused
from merchants.models import Merchant, MerchantKind, MerchantState, Site
from merchants.queries import UnionChoice, district_unions, merchants_by_uscc, sites_by_merchant
from merchants.rules import MerchantLine, read_merchant_line
from merchants.services.agreements import draft_agreement, sign_agreement
from merchants.services.register import (
    Account,
    MerchantFacts,
    activate_merchant,
    add_merchant,
    add_site,
    has_account,
)


class Verdict(StrEnum):
    """What becomes of a line."""

    NEW_MERCHANT = "new_merchant"
    NEW_SITE = "new_site"  # of a merchant that is registered with the same facts
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """One line and its verdict.

    `merchant_id` and `site_id` are None only for a refused line; before the import they are those
    of rows that exist, after it those of all. `line` is None when the line could not be read.
    """

    number: int
    originals: tuple[str, ...]
    verdict: Verdict
    line: MerchantLine | None = None
    refused: Refused | None = None
    merchant_id: UUID | None = None
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """The agreement that an imported merchant comes with: Shanghai days [starts_on, ends_on)."""

    starts_on: date
    ends_on: date
    signed_by: str


def judge_merchant_lines(session: Session, *, lines: Iterable[Line]) -> list[JudgedLine]:
    """Say what an import of `lines` would do. Writes nothing and locks nothing: the preview."""
    read = [(line, read_merchant_line(line.cells)) for line in lines]
    known = _Known.load(session, [fact for _, fact in read if isinstance(fact, MerchantLine)])
    return [known.judge(line, fact) for line, fact in read]


def import_merchant_lines(
    session: Session,
    *,
    lines: Iterable[Line],
    agreement: AgreementTerms,
    actor: Actor,
    now: datetime,
) -> list[JudgedLine]:
    """Take every line that can be taken: a merchant at work, its site, its signed agreement.

    A merchant registered already is never changed from a file, so that nobody's settlement account
    moves by upload: a line that says otherwise is refused (`merchant_differs`). Imports wait for
    one another. The district's union is found by its name, 龙华区 for 龙华区总工会; a merchant of
    a district without one belongs to the city.
    """
    # Two imports of one file at once would each find the merchants missing.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("merchants import"))))
    judged = judge_merchant_lines(session, lines=lines)
    unions = district_unions(session)
    added: dict[str, UUID] = {}
    taken = []
    for each in judged:
        if each.line is None or each.verdict not in {Verdict.NEW_MERCHANT, Verdict.NEW_SITE}:
            taken.append(each)
            continue
        merchant_id = each.merchant_id or added.get(each.line.uscc)
        if merchant_id is None:
            merchant_id = _add(
                session, line=each.line, unions=unions, agreement=agreement, actor=actor, now=now
            )
            added[each.line.uscc] = merchant_id
        site = add_site(
            session,
            merchant_id=merchant_id,
            name=each.line.site_name,
            address=each.line.site_address,
            district=each.line.district,
            actor=actor,
            now=now,
        )
        taken.append(
            JudgedLine(
                each.number,
                each.originals,
                each.verdict,
                line=each.line,
                merchant_id=merchant_id,
                site_id=site.id,
            )
        )
    return taken


def _add(
    session: Session,
    *,
    line: MerchantLine,
    unions: Iterable[UnionChoice],
    agreement: AgreementTerms,
    actor: Actor,
    now: datetime,
) -> UUID:
    union_id = next((each.id for each in unions if each.name.startswith(line.district)), None)
    merchant = add_merchant(
        session,
        facts=MerchantFacts(
            kind=MerchantKind.MERCHANT,
            name=line.name,
            uscc=line.uscc,
            category=line.category,
            district=line.district,
            union_id=union_id,
        ),
        account=Account(line.account_number, line.account_holder),
        actor=actor,
        now=now,
    )
    activate_merchant(session, merchant_id=merchant.id, actor=actor, now=now)
    draft = draft_agreement(
        session,
        merchant_id=merchant.id,
        number=f"PH-{agreement.starts_on.year}-{line.uscc}",
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        signed_by=agreement.signed_by,
        actor=actor,
        now=now,
    )
    sign_agreement(session, agreement_id=draft.id, actor=actor, now=now)
    return merchant.id


@dataclass
class _Known:
    """What is registered, and what earlier lines of the file will have registered."""

    merchants: Mapping[str, Merchant]
    sites: Mapping[UUID, list[Site]]
    first_lines: dict[str, MerchantLine]
    places: set[tuple[str, str]]

    @classmethod
    def load(cls, session: Session, lines: Iterable[MerchantLine]) -> "_Known":
        merchants = merchants_by_uscc(session, usccs=(line.uscc for line in lines))
        ids = (merchant.id for merchant in merchants.values())
        return cls(merchants, sites_by_merchant(session, merchant_ids=ids), {}, set())

    def judge(self, source: Line, fact: MerchantLine | Refused) -> JudgedLine:
        if isinstance(fact, Refused):
            return JudgedLine(source.number, source.originals, Verdict.REFUSED, refused=fact)
        verdict, refused, site = self._verdict(fact)
        merchant = self.merchants.get(fact.uscc)
        return JudgedLine(
            source.number,
            source.originals,
            verdict,
            line=fact,
            refused=refused,
            merchant_id=merchant.id if merchant and not refused else None,
            site_id=site.id if site and not refused else None,
        )

    def _verdict(self, line: MerchantLine) -> tuple[Verdict, Refused | None, Site | None]:
        if (line.uscc, line.site_name) in self.places:
            return Verdict.REFUSED, Refused("duplicate_line", "duplicate_line"), None
        merchant = self.merchants.get(line.uscc)
        first = self.first_lines.get(line.uscc)
        if (merchant and _differs(merchant, line)) or (first and _same(first) != _same(line)):
            return Verdict.REFUSED, Refused("merchant_differs", "merchant_differs"), None
        site = self._site(line, merchant)
        if site and (site.address, site.district) != (line.site_address, line.district):
            return Verdict.REFUSED, Refused("merchant_differs", "site_differs"), None
        if merchant and not site and merchant.state is not MerchantState.ACTIVE:
            return Verdict.REFUSED, Refused("merchant_not_active", "merchant_not_active"), None
        self.places.add((line.uscc, line.site_name))
        if merchant is None and first is None:
            self.first_lines[line.uscc] = line
            return Verdict.NEW_MERCHANT, None, None
        return (Verdict.UNCHANGED if site else Verdict.NEW_SITE), None, site

    def _site(self, line: MerchantLine, merchant: Merchant | None) -> Site | None:
        if merchant is None:
            return None
        sites = self.sites.get(merchant.id, [])
        return next((site for site in sites if site.name == line.site_name), None)


def _differs(merchant: Merchant, line: MerchantLine) -> bool:
    return (merchant.name, merchant.category) != (line.name, line.category) or not has_account(
        merchant, number=line.account_number, holder=line.account_holder
    )


def _same(line: MerchantLine) -> tuple[str, str, str, str]:
    """Return what must be the same on every line of one merchant; its sites may be anywhere."""
    return line.name, line.category, line.account_number, line.account_holder
