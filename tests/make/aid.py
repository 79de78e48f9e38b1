from datetime import date

from aid.models import AidScheme
from aid.rules import LineAmounts, PaperLine
from aid.services import ClaimRequest, enrol_member, load_schemes, store_paper, submit_claim
from bench.programmes import approve_all
from kernel.actors import SYSTEM
from kernel.ids import new_id
from kernel.money import Fen
from tests.make import NOW
from tests.make.cards import CardMaker

INPATIENT = "GD_INPT_2022"
ALLOWANCE = "SZ_HOSPITAL_ALLOWANCE"
# The day of NOW is 2026-11-23: a cover that has long passed its waiting period.
COVERED_FROM = date(2026, 6, 1)
EVENT_DATE = date(2026, 11, 10)
PAPER_KINDS = {
    INPATIENT: ("settlement_sheet", "invoice", "discharge_summary"),
    ALLOWANCE: ("invoice", "discharge_summary"),
}


def pdf(text="paper"):
    """Return a small file that is a PDF by its content; another text makes another file."""
    return f"%PDF-1.4\n% {text}\n%%EOF\n".encode()


def amounts(pool_paid_fen=12_000_00, self_paid_fen=3_000_00, days=8):
    return LineAmounts(Fen(pool_paid_fen), Fen(self_paid_fen), days)


class AidMaker(CardMaker):
    def aid_schemes(self):
        """Load the shipped schemes; returns them by code."""
        load_schemes(self.session, actor=SYSTEM, now=NOW)
        approve_all(self.session, now=NOW)
        return {scheme.code: scheme for scheme in self.session.query(AidScheme)}

    def covered_member(self, *schemes, consents=True, card=True, starts_on=COVERED_FROM, **facts):
        """A member with a card and every consent, covered by `schemes` (INPATIENT by default)."""
        self.aid_schemes()
        member = self.member(**{"born_on": date(1990, 3, 7)} | facts)
        if card:
            self.card(member=member)
        if consents:
            self.consent(member, purpose="aid_health_data")
            self.consent(member, purpose="payout_account")
        for scheme in schemes or (INPATIENT,):
            self.aid_cover(member, scheme=scheme, starts_on=starts_on)
        return member

    def aid_cover(self, member, *, scheme=INPATIENT, starts_on=COVERED_FROM, **facts):
        return enrol_member(
            self.session,
            member_id=member.id,
            scheme_code=scheme,
            starts_on=starts_on,
            actor=SYSTEM,
            now=NOW,
            **facts,
        )

    def aid_paper(self, member, *, kind="invoice", content=None):
        return store_paper(
            self.session,
            member_id=member.id,
            kind=kind,
            content=content or pdf(str(new_id())),
            now=NOW,
        ).document

    def aid_line(self, **facts):
        """A paper of nobody: its numbers are new each time."""
        number = self.next_number()
        return PaperLine(
            facts.get("invoice_no", f"INV{number:08d}"),
            facts.get("hospital", "演示医院"),
            facts.get("admission_no", f"ZY{number:06d}"),
            facts.get("amounts") or amounts(),
        )

    def aid_request(self, member, *, papers=True, **facts):
        scheme = facts.get("scheme", INPATIENT)
        kinds = PAPER_KINDS[scheme] if papers else ()
        return ClaimRequest(
            id=facts.get("id") or new_id(),
            scheme=scheme,
            event_type=facts.get("event_type", "illness"),
            event_date=facts.get("event_date", EVENT_DATE),
            lines=tuple(facts.get("lines") or (self.aid_line(),)),
            document_ids=tuple(
                facts.get("document_ids")
                or (self.aid_paper(member, kind=kind).id for kind in kinds)
            ),
        )

    def aid_claim(self, member=None, *, now=NOW, **facts):
        """A claim with all its papers, handed in through the service."""
        member = member or self.covered_member()
        request = self.aid_request(member, **facts)
        return submit_claim(self.session, member_id=member.id, request=request, now=now).claim
