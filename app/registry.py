"""What each package brings to the application. Add a package here and in app/tables.py."""

import click
from flask import Blueprint

import app.manager_apply
import app.manager_sign_in  # noqa: F401
from aid.api import api as aid_api
from aid.cli import aid_commands
from aid.jobs import forget_papers
from aid.pages import pages as aid_pages
from app.cli import db_commands, keys_commands, worker_command
from app.demo.cli import demo_commands
from app.desk import desk
from app.my_data.api import api as my_data_api
from app.phone import phone
from app.till_papers.api import api as till_papers_api
from benefits.api import benefits_api, coupons_api
from benefits.cli import coupons_commands, merchants_commands
from benefits.jobs import look_after_coupons
from benefits.pages import (
    approvals_pages,
    coupons_pages,
    draws_pages,
    limits_pages,
    merchant_files_pages,
    offers_pages,
    programmes_pages,
    spending_pages,
)
from cards.api import api as cards_api
from cards.cli import cards_commands
from cards.pages import pages as cards_pages
from cards.pages.paper import pages as paper_pages
from cards.pages.transfers import pages as transfers_pages
from discounts.api import discounts_api, offline_api, records_api
from discounts.cli import discounts_commands
from discounts.jobs import forget_old_leases, free_expired_holds, tell_members_of_endings
from discounts.pages import offline_pages, proposals_pages, receipts_pages, reports_pages
from finance.api.payout_accounts import api as payout_accounts_api
from finance.api.statements import api as statements_api
from finance.api.trace import api as finance_trace_api
from finance.cli import finance_commands
from finance.jobs import name_new_differences
from finance.jobs import watch as watch_residuals
from finance.pages import bank_pages
from finance.pages.bank_refusals import pages as refusals_pages
from finance.pages.books import pages as books_pages
from finance.pages.budgets import pages as budget_pages
from finance.pages.chart import pages as chart_pages
from finance.pages.closing import pages as closing_pages
from finance.pages.disputes import pages as statements_pages
from finance.pages.overview import pages as overview_pages
from finance.pages.payment_runs import pages as payment_runs_pages
from finance.pages.payment_settings import pages as payment_settings_pages
from finance.pages.payments import pages as payments_pages
from finance.pages.payout_accounts import pages as payout_pages
from finance.pages.trace import pages as finance_trace_pages
from finance.pages.vouchers import pages as vouchers_pages
from finance.pages.works import pages as works_pages
from kernel.jobs import JobTask
from kernel.web import Blueprint as ApiBlueprint
from ledger.cli import ledger_commands
from members.api import api as members_api
from members.cli import members_commands
from members.pages import pages as members_pages
from merchants.api import api as merchants_api
from merchants.jobs import end_what_is_idle
from merchants.pages import manager_pages
from merchants.pages import pages as merchants_pages
from proof.api import api as proof_api
from proof.cli import audit_commands
from proof.jobs import look as look_at_the_log
from proof.jobs import sequence as log_records
from proof.pages import pages as proof_pages
from risk.cli import risk_commands
from risk.jobs import watch_sales
from risk.pages import pages as risk_pages
from staff.cli import staff_commands
from staff.jobs import forget as forget_old_sign_ins
from staff.pages import pages as staff_pages
from training.api import api as training_api
from training.jobs import move_waiting_lists
from training.pages import pages as training_pages

API_BLUEPRINTS: list[ApiBlueprint] = [
    members_api,
    my_data_api,
    merchants_api,
    cards_api,
    benefits_api,
    coupons_api,
    discounts_api,
    offline_api,
    records_api,
    aid_api,
    training_api,
    payout_accounts_api,
    statements_api,
    till_papers_api,
    finance_trace_api,
    proof_api,
]
PAGE_BLUEPRINTS: list[Blueprint] = [
    cards_pages,
    paper_pages,
    desk,
    phone,
    merchants_pages,
    manager_pages,
    merchant_files_pages,
    programmes_pages,
    approvals_pages,
    spending_pages,
    limits_pages,
    offers_pages,
    coupons_pages,
    proposals_pages,
    draws_pages,
    staff_pages,
    training_pages,
    aid_pages,
    members_pages,
    offline_pages,
    receipts_pages,
    reports_pages,
    transfers_pages,
    finance_trace_pages,
    statements_pages,
    overview_pages,
    closing_pages,
    books_pages,
    vouchers_pages,
    chart_pages,
    budget_pages,
    bank_pages,
    payments_pages,
    payment_runs_pages,
    works_pages,
    payment_settings_pages,
    payout_pages,
    refusals_pages,
    risk_pages,
    proof_pages,
]
COMMANDS: list[click.Command] = [
    db_commands,
    keys_commands,
    worker_command,
    ledger_commands,
    members_commands,
    merchants_commands,
    coupons_commands,
    demo_commands,
    finance_commands,
    staff_commands,
    aid_commands,
    cards_commands,
    discounts_commands,
    risk_commands,
    audit_commands,
]
# A job is known to the worker once its module is imported: those no command imports stand here.
JOBS: list[JobTask] = [
    free_expired_holds,
    tell_members_of_endings,
    end_what_is_idle,
    forget_old_sign_ins,
    forget_old_leases,
    forget_papers,
    look_after_coupons,
    move_waiting_lists,
    name_new_differences,
    watch_residuals,
    watch_sales,
    log_records,
    look_at_the_log,
]
