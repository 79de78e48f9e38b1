"""The desk's rail: which pages there are, in which order, under which heading.

A package adds a line here for each page that people start from. Who sees it is not said again: a
link shows to whoever ACCESS lets open its page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, g, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from aid.services.decisions import waiting_count
from app.access import Reach, rule_for
from benefits.queries import approvals_waiting, proposals_waiting
from cards.queries import appeals_waiting
from discounts.queries import gaps_waiting, reports_waiting
from finance.queries.bank_refusals import payments_waiting
from finance.queries.budgets import changes_waiting
from finance.queries.closing import months_waiting
from finance.queries.discrepancies import open_exceptions
from finance.queries.invoices import invoices_waiting
from finance.queries.statement_lines import disputes_waiting
from finance.queries.statements import statements_waiting
from kernel.actors import NOBODY, Actor, ActorKind
from kernel.i18n import N_
from members.queries import waiting_corrections, waiting_transfers
from merchants.queries import applications_waiting, sanction_appeals_waiting
from proof.queries import records_not_as_logged
from risk.queries import flags_waiting

Count = Callable[[Session, Actor], int]


@dataclass(frozen=True)
class DeskLink:
    """A page of the rail. `waiting` counts what needs attention there, for the desk's home."""

    section: str
    endpoint: str
    label: str
    waiting: Count | None = None


@dataclass(frozen=True)
class ShownLink:
    """A link as this caller sees it, in their language."""

    label: str
    url: str
    is_current: bool
    waiting: Count | None


@dataclass(frozen=True)
class Section:
    label: str
    links: tuple[ShownLink, ...]


REGISTER = N_("Register")
CARDS = N_("Cards")
MERCHANTS = N_("Merchants")
PROGRAMMES = N_("Programmes")
AID = N_("Mutual aid")
TRAINING = N_("Training")
FINANCE = N_("Finance")
AUDIT = N_("Audit")
ADMINISTRATION = N_("Administration")

# The rail shows sections in the order in which they first appear here.
DESK_LINKS: list[DeskLink] = [
    DeskLink(REGISTER, "members_pages.members", N_("Members")),
    DeskLink(REGISTER, "members_pages.imports", N_("Import a roster")),
    DeskLink(REGISTER, "members_pages.corrections", N_("Corrections"), waiting_corrections),
    DeskLink(REGISTER, "transfers_pages.transfers", N_("Transfers"), waiting_transfers),
    DeskLink(REGISTER, "members_pages.unions", N_("Unions")),
    DeskLink(CARDS, "cards_pages.cards", N_("Cards")),
    DeskLink(CARDS, "cards_pages.batches", N_("Issue cards")),
    DeskLink(CARDS, "paper_pages.batches", N_("Paper cards")),
    DeskLink(CARDS, "cards_pages.appeals", N_("Appeals"), appeals_waiting),
    DeskLink(CARDS, "reports_pages.reports", N_("Not me"), reports_waiting),
    DeskLink(MERCHANTS, "merchants_pages.merchants", N_("Merchants")),
    DeskLink(MERCHANTS, "merchants_pages.applications", N_("Applications"), applications_waiting),
    DeskLink(MERCHANTS, "merchant_files_pages.upload_form", N_("Import merchants")),
    DeskLink(MERCHANTS, "risk_pages.flags", N_("Flags"), flags_waiting),
    DeskLink(MERCHANTS, "offline_pages.records", N_("Without a network")),
    DeskLink(MERCHANTS, "offline_pages.gaps", N_("Gaps"), gaps_waiting),
    DeskLink(
        MERCHANTS,
        "merchants_pages.sanction_appeals",
        N_("Merchants' appeals"),
        sanction_appeals_waiting,
    ),
    DeskLink(PROGRAMMES, "programmes_pages.programmes", N_("Programmes"), approvals_waiting),
    DeskLink(PROGRAMMES, "spending_pages.rules", N_("Spend rules")),
    DeskLink(PROGRAMMES, "offers_pages.offers", N_("Offers")),
    DeskLink(
        PROGRAMMES, "proposals_pages.proposals", N_("Proposed by merchants"), proposals_waiting
    ),
    DeskLink(PROGRAMMES, "coupons_pages.releases", N_("Coupons")),
    DeskLink(PROGRAMMES, "reports_pages.ratings", N_("Ratings")),
    DeskLink(AID, "aid_pages.queue", N_("Claims"), waiting_count),
    DeskLink(TRAINING, "training_pages.courses", N_("Courses")),
    DeskLink(FINANCE, "finance_overview_pages.overview", N_("Overview")),
    DeskLink(FINANCE, "finance_statements_pages.statements", N_("Statements"), statements_waiting),
    DeskLink(FINANCE, "finance_statements_pages.disputes", N_("Disputes"), disputes_waiting),
    DeskLink(FINANCE, "finance_statements_pages.invoices", N_("Invoices"), invoices_waiting),
    DeskLink(FINANCE, "finance_payments_pages.payments", N_("Payments"), payments_waiting),
    DeskLink(FINANCE, "finance_bank_pages.bank", N_("Bank")),
    DeskLink(FINANCE, "finance_bank_pages.channels", N_("Payment channels")),
    DeskLink(FINANCE, "finance_bank_pages.exceptions", N_("Exceptions"), open_exceptions),
    DeskLink(FINANCE, "finance_works_pages.all_works", N_("Long work")),
    DeskLink(FINANCE, "finance_closing_pages.all_months", N_("Close"), months_waiting),
    DeskLink(FINANCE, "finance_books_pages.books", N_("Books")),
    DeskLink(FINANCE, "finance_books_pages.ageing", N_("Ageing")),
    DeskLink(FINANCE, "finance_budget_pages.budgets", N_("Budgets")),
    DeskLink(FINANCE, "finance_budget_pages.changes", N_("Changes of budgets"), changes_waiting),
    DeskLink(FINANCE, "finance_chart_pages.accounts", N_("Chart of accounts")),
    DeskLink(FINANCE, "finance_payout_pages.payees", N_("Payout accounts")),
    DeskLink(FINANCE, "finance_trace_pages.search", N_("Trace")),
    DeskLink(AUDIT, "proof_pages.invariants", N_("What must hold"), records_not_as_logged),
    DeskLink(AUDIT, "proof_pages.log", N_("The log")),
    DeskLink(ADMINISTRATION, "staff_pages.accounts", N_("Staff accounts")),
]


@dataclass(frozen=True)
class ManagerLink:
    """A page of a merchant's manager, in the order of the menu."""

    endpoint: str
    label: str


MANAGER_LINKS: list[ManagerLink] = [
    ManagerLink("merchants_manager.home", N_("Overview")),
    ManagerLink("merchants_manager.today", N_("Today's sales")),
    ManagerLink("merchants_manager.offers", N_("Offers")),
    ManagerLink("merchants_manager.sites", N_("Sites")),
    ManagerLink("merchants_manager.clerks", N_("Clerks")),
    ManagerLink("merchants_manager.statements", N_("Statements")),
    ManagerLink("merchants_manager.tills", N_("Tills")),
    ManagerLink("merchants_manager.agreements", N_("Agreements")),
    ManagerLink("merchants_manager.managers", N_("Managers")),
    ManagerLink("merchants_manager.measures", N_("Measures of the union")),
    ManagerLink("merchants_manager.account", N_("My sign-in")),
]


def may_open(actor: Actor, endpoint: str) -> bool:
    """Say whether ACCESS lets `actor` open the page at `endpoint`."""
    rule = rule_for("GET", endpoint)
    if rule is None or rule.kind is not ActorKind.STAFF or actor.kind is not ActorKind.STAFF:
        return False
    return not rule.roles or actor.has_role(rule.roles)


def may_read(endpoint: str) -> bool:
    """Say whether the caller may open whatever `endpoint` shows, so that a link leads somewhere.

    Where a page covers the whole city, a role held for a part of it does not open it.
    """
    actor: Actor = g.get("actor", NOBODY)
    rule = rule_for("GET", endpoint)
    if rule is None or not may_open(actor, endpoint):
        return False
    return rule.reach is not Reach.CITY or any("/" not in path for path in actor.paths(*rule.roles))


def desk_sections() -> list[Section]:
    """Return the rail for the current caller; empty sections are left out."""
    actor: Actor = g.get("actor", NOBODY)
    links = [
        (link, url_for(link.endpoint)) for link in DESK_LINKS if may_open(actor, link.endpoint)
    ]
    # Where one page lies below another's address, only the nearer one is where we are.
    current = max((url for _, url in links if _is_within(url)), key=len, default=None)
    sections: dict[str, list[ShownLink]] = {}
    for link, url in links:
        shown = ShownLink(gettext(link.label), url, url == current, link.waiting)
        sections.setdefault(link.section, []).append(shown)
    return [Section(gettext(label), tuple(links)) for label, links in sections.items()]


def manager_links() -> list[ShownLink]:
    """Return the menu of a merchant's manager."""
    links = [(link, url_for(link.endpoint)) for link in MANAGER_LINKS]
    current = max((url for _, url in links if _is_within(url)), key=len, default=None)
    return [ShownLink(gettext(link.label), url, url == current, None) for link, url in links]


def _is_within(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url.rstrip('/')}/")


def use_navigation(app: Flask) -> None:
    app.jinja_env.globals.update(
        desk_sections=desk_sections, manager_links=manager_links, may_read=may_read
    )
