"""Who may call what: one table, looked up before any view runs.

An endpoint that is not in ACCESS is refused, and tests/test_access.py walks endpoint x method x
caller. The last column says how far a caller reaches; the view passes that reach to its query, so
that a foreign object is "not found", never "forbidden".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kernel.actors import NOBODY, Actor, ActorKind, Role
from kernel.web import NotAllowed, NotSignedIn


class Reach(StrEnum):
    """Which objects a rule covers."""

    PUBLIC = "public"  # no object, or one that anyone may see
    OWN = "own"  # the member's own
    OWN_TILL = "own till"  # the terminal's own
    OWN_MERCHANT = "own merchant"  # of the merchant that the manager acts for
    SUBTREE = "subtree"  # the subtree of the union for which the role is held
    CITY = "city"  # everything, by a role held for the whole city


@dataclass(frozen=True)
class Rule:
    """One line of the table."""

    kind: ActorKind
    reach: Reach
    roles: frozenset[Role] = frozenset()


ANYONE = Rule(ActorKind.NOBODY, Reach.PUBLIC)
MEMBER = Rule(ActorKind.MEMBER, Reach.OWN)
TERMINAL = Rule(ActorKind.TERMINAL, Reach.OWN_TILL)
MANAGER = Rule(ActorKind.MANAGER, Reach.OWN_MERCHANT)
ANY_STAFF = Rule(ActorKind.STAFF, Reach.OWN, frozenset(Role))


SIGNED_IN_STAFF = Rule(ActorKind.STAFF, Reach.OWN)  # one's own account needs no role


def staff(*roles: Role, reach: Reach = Reach.SUBTREE) -> Rule:
    return Rule(ActorKind.STAFF, reach, frozenset(roles))


_FINANCE = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
FINANCE_AT_WORK = staff(*_FINANCE, reach=Reach.CITY)
FINANCE = staff(*_FINANCE, Role.AUDITOR, reach=Reach.CITY)
PAYOUT_WORKERS = staff(
    Role.REGISTER_OFFICER, Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER, Role.FINANCE_MAKER
)
# Statements are their merchants', who have unions that look after them.
STATEMENT_READER = staff(*_FINANCE, Role.AUDITOR)

COUPON_READER = staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER, Role.AUDITOR)

# "METHOD endpoint": rule. HEAD and OPTIONS follow GET.
PROGRAMMES = staff(Role.PROGRAMME_DESIGNER, Role.FINANCE_APPROVER, Role.AUDITOR)
APPROVALS = staff(Role.PROGRAMME_DESIGNER, Role.FINANCE_APPROVER, reach=Reach.CITY)

ACCESS: dict[str, Rule] = {
    "GET static": ANYONE,
    "GET system.healthz": ANYONE,
    "GET system.readyz": ANYONE,
    "GET system.metrics": ANYONE,
    "GET system.home": ANYONE,
    "GET system.problem_page": ANYONE,
    "GET api-docs.openapi_json": ANYONE,
    "POST system.choose_language": ANYONE,
    "GET phone.card": ANYONE,
    "GET phone.card_worker": ANYONE,
    "GET phone.card_manifest": ANYONE,
    "GET phone.scan": ANYONE,
    "GET phone.scan_worker": ANYONE,
    "GET phone.scan_manifest": ANYONE,
    # What a member can use
    "GET benefits_api.list_benefits": MEMBER,
    "GET benefits_api.list_sites": MEMBER,
    # Coupons
    "GET coupons_api.list_releases": MEMBER,
    "POST coupons_api.grab": MEMBER,
    "POST coupons_api.enter": MEMBER,
    "GET coupons_api.list_coupons": MEMBER,
    "POST coupons_api.claim": MEMBER,
    "GET draws.draw": ANYONE,
    "GET draws.entrants": ANYONE,
    "GET draws.result": ANYONE,
    "GET draws.script": ANYONE,
    "GET coupons_pages.releases": COUPON_READER,
    "GET coupons_pages.new_release_form": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.save_new_release": staff(Role.PROGRAMME_DESIGNER),
    "GET coupons_pages.release": COUPON_READER,
    "POST coupons_pages.publish": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.drop": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.publish_list": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.save_seed_source": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.save_seed": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.hand_out": staff(Role.SITE_WORKER),
    "GET coupons_pages.again_form": staff(Role.PROGRAMME_DESIGNER),
    "POST coupons_pages.save_again": staff(Role.PROGRAMME_DESIGNER),
    # Discounts
    "POST discounts_api.verify": TERMINAL,
    "POST discounts_api.make_quote": TERMINAL,
    "POST discounts_api.redeem": TERMINAL,
    "POST discounts_api.capture": TERMINAL,
    "POST discounts_api.void": TERMINAL,
    "POST discounts_api.reverse": TERMINAL,
    "GET discounts_api.list_redemptions": TERMINAL,
    "GET discounts_api.show_redemption": TERMINAL,
    "GET offline_api.show_lease": TERMINAL,
    "POST offline_api.send_records": TERMINAL,
    "GET offline_api.list_records": TERMINAL,
    # What tills sold without a network, at the desk
    "GET offline_pages.records": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET offline_pages.record": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET offline_pages.gaps": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET offline_pages.risk": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET offline_pages.policy": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST offline_pages.save_policy": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    # Receipts: whoever holds the code may read what the paper says
    "GET receipts_pages.receipt": ANYONE,
    "GET receipts_pages.printed": ANYONE,
    "GET records_api.show_record": MEMBER,
    "PUT records_api.rate": MEMBER,
    "POST records_api.report": MEMBER,
    # What members say about their purchases
    "GET reports_pages.reports": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET reports_pages.report": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST reports_pages.answer": staff(Role.REGISTER_OFFICER),
    "GET reports_pages.ratings": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET reports_pages.rating": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    # The register at the desk
    "GET members_pages.members": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET members_pages.member": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST members_pages.reveal": staff(Role.REGISTER_OFFICER),
    "GET members_pages.unions": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET members_pages.imports": staff(Role.REGISTER_OFFICER),
    "POST members_pages.upload": staff(Role.REGISTER_OFFICER),
    "GET members_pages.show_import": staff(Role.REGISTER_OFFICER),
    "GET members_pages.import_progress": staff(Role.REGISTER_OFFICER),
    "POST members_pages.commit": staff(Role.REGISTER_OFFICER),
    "POST members_pages.discard": staff(Role.REGISTER_OFFICER),
    "GET members_pages.refused_lines": staff(Role.REGISTER_OFFICER),
    "GET members_pages.corrections": staff(Role.REGISTER_OFFICER),
    "GET members_pages.correction": staff(Role.REGISTER_OFFICER),
    "POST members_pages.answer": staff(Role.REGISTER_OFFICER),
    "GET members_pages.correct_form": staff(Role.REGISTER_OFFICER),
    "POST members_pages.save_correction": staff(Role.REGISTER_OFFICER),
    "GET transfers_pages.transfers": staff(Role.REGISTER_OFFICER),
    "GET transfers_pages.transfer": staff(Role.REGISTER_OFFICER),
    "POST transfers_pages.accept": staff(Role.REGISTER_OFFICER),
    "POST transfers_pages.refuse": staff(Role.REGISTER_OFFICER),
    # Training
    "GET training_api.list_sessions": MEMBER,
    "GET training_api.list_enrolments": MEMBER,
    "POST training_api.enrol_in_session": MEMBER,
    "DELETE training_api.withdraw_from_session": MEMBER,
    "GET training_api.download_calendar": MEMBER,
    "GET training_api.list_site_sessions": TERMINAL,
    "POST training_api.take_attendance": TERMINAL,
    "GET training_pages.courses": staff(Role.TRAINING_OFFICER, Role.AUDITOR),
    "GET training_pages.one_course": staff(Role.TRAINING_OFFICER, Role.AUDITOR),
    "GET training_pages.one_session": staff(Role.TRAINING_OFFICER, Role.AUDITOR),
    "GET training_pages.new_course_form": staff(Role.TRAINING_OFFICER),
    "POST training_pages.save_new_course": staff(Role.TRAINING_OFFICER),
    "GET training_pages.edit_course_form": staff(Role.TRAINING_OFFICER),
    "POST training_pages.save_course": staff(Role.TRAINING_OFFICER),
    "GET training_pages.new_session_form": staff(Role.TRAINING_OFFICER),
    "POST training_pages.save_new_session": staff(Role.TRAINING_OFFICER),
    "POST training_pages.open_to_members": staff(Role.TRAINING_OFFICER),
    "POST training_pages.call_off": staff(Role.TRAINING_OFFICER),
    "POST training_pages.complete": staff(Role.TRAINING_OFFICER),
    "POST training_pages.save_seats": staff(Role.TRAINING_OFFICER),
    "POST training_pages.save_meeting": staff(Role.TRAINING_OFFICER),
    "POST training_pages.remove_meeting": staff(Role.TRAINING_OFFICER),
    # Members
    "POST members_api.send_code": ANYONE,
    "POST members_api.sign_in": ANYONE,
    "DELETE members_api.sign_out": MEMBER,
    "GET members_api.list_notices": MEMBER,
    "POST members_api.read_notices": MEMBER,
    "GET members_api.list_consents": MEMBER,
    "POST members_api.add_consents": MEMBER,
    "DELETE members_api.end_consent": MEMBER,
    "POST members_api.ask_for_correction": ANYONE,
    # My data
    "GET my_data_api.show_own": MEMBER,
    "GET my_data_api.list_looks": MEMBER,
    "GET my_data_api.save_json": MEMBER,
    "GET my_data_api.save_pdf": MEMBER,
    "GET my_data_api.list_corrections": MEMBER,
    "POST my_data_api.add_correction": MEMBER,
    "GET my_data_api.list_transfers": MEMBER,
    "POST my_data_api.ask_transfer": MEMBER,
    "DELETE my_data_api.take_transfer_back": MEMBER,
    "GET my_data_api.find_unions": MEMBER,
    "GET members_api.list_members": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    # Mutual aid
    "GET aid_api.list_schemes": MEMBER,
    "POST aid_api.add_document": MEMBER,
    "POST aid_api.simulate": MEMBER,
    "POST aid_api.claim": MEMBER,
    "GET aid_api.list_claims": MEMBER,
    "GET aid_api.show_claim": MEMBER,
    "POST aid_api.resubmit": MEMBER,
    "POST aid_api.withdraw": MEMBER,
    "GET aid_pages.queue": staff(Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER, Role.AUDITOR),
    "GET aid_pages.claim": staff(Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER, Role.AUDITOR),
    "GET aid_pages.paper": staff(Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER),
    "POST aid_pages.assess": staff(Role.CLAIMS_ASSESSOR),
    "POST aid_pages.approve": staff(Role.CLAIMS_APPROVER),
    "POST aid_pages.send_back": staff(Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER),
    "POST aid_pages.reject": staff(Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER),
    # Merchants
    "GET merchants_api.show_terminal": TERMINAL,
    "GET merchants_api.list_sanctions": TERMINAL,
    "POST merchants_api.appeal": TERMINAL,
    "GET merchants_api.list_visits": TERMINAL,
    "POST merchants_api.add_visit": TERMINAL,
    "DELETE merchants_api.remove_visit": TERMINAL,
    # Cards
    "GET cards_api.show_card": MEMBER,
    "POST cards_api.apply_for_own_card": MEMBER,
    "GET cards_api.show_slice": MEMBER,
    "GET cards_api.draw_slice": MEMBER,
    "POST cards_api.ask_device": MEMBER,
    "POST cards_api.add_device": MEMBER,
    "POST cards_api.renew_credential": MEMBER,
    "PATCH cards_api.name_device": MEMBER,
    "DELETE cards_api.remove_device": MEMBER,
    "POST cards_api.lose_card": MEMBER,
    "POST cards_api.lose_card_elsewhere": ANYONE,
    "POST cards_api.restore_own_card": MEMBER,
    "POST cards_api.appeal_freeze": MEMBER,
    "POST cards_api.confirm_own_membership": MEMBER,
    "GET cards_api.list_records": MEMBER,
    "GET cards_api.show_trust_list": ANYONE,
    "GET cards_api.show_status_list": ANYONE,
    "POST cards_api.pair": ANYONE,
    "POST cards_api.ask_card": TERMINAL,
    "DELETE cards_api.close_questions": TERMINAL,
    "GET cards_pages.cards": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET cards_pages.card": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST cards_pages.freeze": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.lose": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.restore": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.replace": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.cancel": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.confirm_number": staff(Role.REGISTER_OFFICER),
    "GET cards_pages.appeals": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.grant": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.reject": staff(Role.REGISTER_OFFICER),
    "GET cards_pages.membership": staff(Role.REGISTER_OFFICER),
    "POST cards_pages.save_membership": staff(Role.REGISTER_OFFICER),
    "GET cards_pages.batches": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST cards_pages.start": staff(Role.REGISTER_OFFICER),
    "GET cards_pages.batch": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET cards_pages.batch_progress": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET paper_pages.batches": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST paper_pages.start": staff(Role.REGISTER_OFFICER),
    "GET paper_pages.choose": staff(Role.REGISTER_OFFICER),
    "POST paper_pages.start_chosen": staff(Role.REGISTER_OFFICER),
    "GET paper_pages.batch": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET paper_pages.batch_progress": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "GET paper_pages.download": staff(Role.REGISTER_OFFICER),
    "GET paper_pages.card": staff(Role.REGISTER_OFFICER, Role.AUDITOR),
    "POST paper_pages.start_one": staff(Role.REGISTER_OFFICER),
    "POST paper_pages.lose": staff(Role.REGISTER_OFFICER),
    "GET merchants_pages.merchants": staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER, Role.AUDITOR),
    "GET merchants_pages.merchant": staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER, Role.AUDITOR),
    "GET merchants_pages.applications": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST merchants_pages.refuse": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.approve_proposed_site": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.refuse_proposed_site": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.add_manager": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.drop_manager": staff(Role.PROGRAMME_DESIGNER),
    "GET merchants_pages.new_merchant_form": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.save_new_merchant": staff(Role.PROGRAMME_DESIGNER),
    "GET merchants_pages.edit_merchant_form": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.save_merchant": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.activate": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.suspend": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.end": staff(Role.PROGRAMME_DESIGNER),
    "GET merchants_pages.new_site_form": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.save_new_site": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.close": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.reopen": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.pairing_code": staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER),
    "POST merchants_pages.unpair": staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER),
    "GET merchants_pages.new_agreement_form": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.save_new_agreement": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.sign": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.end_one_agreement": staff(Role.PROGRAMME_DESIGNER),
    # Measures against merchants, and their appeals
    "GET merchants_pages.sanctions": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST merchants_pages.impose": staff(Role.PROGRAMME_DESIGNER),
    "POST merchants_pages.lift": staff(Role.PROGRAMME_DESIGNER),
    "GET merchants_pages.sanction_appeals": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST merchants_pages.answer_appeal": staff(Role.PROGRAMME_DESIGNER),
    # Risk: what the watch flags, and by which rules
    "GET risk_pages.flags": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET risk_pages.flag": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST risk_pages.decide": staff(Role.PROGRAMME_DESIGNER),
    "GET risk_pages.rules": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET risk_pages.rule_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST risk_pages.save_rule": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET merchant_files_pages.upload_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST merchant_files_pages.upload": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET merchant_files_pages.preview": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST merchant_files_pages.import_file": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET merchant_files_pages.refused_lines": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    # What is offered
    "GET programmes_pages.programmes": PROGRAMMES,
    "GET programmes_pages.programme": PROGRAMMES,
    "GET approvals_pages.edit_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST approvals_pages.save_edited": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST approvals_pages.propose": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST approvals_pages.approve": APPROVALS,
    "POST approvals_pages.send_back": APPROVALS,
    "GET spending_pages.rules": PROGRAMMES,
    "GET spending_pages.occasion": PROGRAMMES,
    "GET spending_pages.new_rule_form": APPROVALS,
    "POST spending_pages.save_new_rule": APPROVALS,
    "POST spending_pages.approve": APPROVALS,
    "POST spending_pages.refuse": APPROVALS,
    "GET programmes_pages.new_programme_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST programmes_pages.save_new_programme": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST programmes_pages.run": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST programmes_pages.pause": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST programmes_pages.end": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET limits_pages.new_programme_limit_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST limits_pages.save_programme_limit": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET limits_pages.new_offer_limit_form": staff(Role.PROGRAMME_DESIGNER),
    "POST limits_pages.save_offer_limit": staff(Role.PROGRAMME_DESIGNER),
    "GET limits_pages.limit_form": staff(Role.PROGRAMME_DESIGNER),
    "POST limits_pages.save_limit": staff(Role.PROGRAMME_DESIGNER),
    "GET offers_pages.offers": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET offers_pages.offer": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST offers_pages.end": staff(Role.PROGRAMME_DESIGNER),
    "GET offers_pages.new_version_form": staff(Role.PROGRAMME_DESIGNER),
    "POST offers_pages.save_version": staff(Role.PROGRAMME_DESIGNER),
    "GET offers_pages.choose_merchant": staff(Role.PROGRAMME_DESIGNER),
    "GET offers_pages.new_offer_for_all_form": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "POST offers_pages.save_offer_for_all": staff(Role.PROGRAMME_DESIGNER, reach=Reach.CITY),
    "GET offers_pages.new_offer_form": staff(Role.PROGRAMME_DESIGNER),
    "POST offers_pages.save_offer": staff(Role.PROGRAMME_DESIGNER),
    # Offers that merchants propose
    "GET merchants_manager.offers": MANAGER,
    "GET merchants_manager.new_offer_form": MANAGER,
    "POST merchants_manager.save_new_offer": MANAGER,
    "POST merchants_manager.withdraw_offer": MANAGER,
    "GET proposals_pages.proposals": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "GET proposals_pages.proposal": staff(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
    "POST proposals_pages.approve": staff(Role.PROGRAMME_DESIGNER),
    "POST proposals_pages.refuse": staff(Role.PROGRAMME_DESIGNER),
    # Finance: bank lines, matches, exceptions
    "GET finance_bank_pages.bank": FINANCE,
    "POST finance_bank_pages.upload": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_bank_pages.channels": FINANCE,
    "POST finance_bank_pages.upload_bill": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_bank_pages.lines": FINANCE,
    "GET finance_bank_pages.line": FINANCE,
    "POST finance_bank_pages.match_line": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_bank_pages.matches": FINANCE,
    "POST finance_bank_pages.undo": staff(
        Role.FINANCE_CHECKER, Role.FINANCE_APPROVER, reach=Reach.CITY
    ),
    "GET finance_bank_pages.exceptions": FINANCE,
    "GET finance_bank_pages.exception": FINANCE,
    "POST finance_bank_pages.take_exception_on": FINANCE_AT_WORK,
    "POST finance_bank_pages.note_exception": FINANCE_AT_WORK,
    "POST finance_bank_pages.resolve_exception": FINANCE_AT_WORK,
    # Finance: merchant statements and disputes
    "GET finance_statements_api.list_statements": TERMINAL,
    "GET finance_statements_api.show_statement": TERMINAL,
    "GET till_papers_api.save_statement": TERMINAL,
    "POST finance_statements_api.agree": TERMINAL,
    "POST finance_statements_api.dispute": TERMINAL,
    "GET finance_statements_pages.statements": STATEMENT_READER,
    "GET finance_statements_pages.statement": STATEMENT_READER,
    "GET finance_statements_pages.paper": STATEMENT_READER,
    "POST finance_statements_pages.issue_all": staff(Role.FINANCE_MAKER),
    "POST finance_statements_pages.approve_all": staff(Role.FINANCE_APPROVER),
    "GET finance_statements_pages.invoices": STATEMENT_READER,
    "POST finance_statements_pages.accept": staff(Role.FINANCE_CHECKER),
    "POST finance_statements_pages.give_back": staff(Role.FINANCE_CHECKER),
    "GET finance_statements_pages.evidence": STATEMENT_READER,
    "GET finance_statements_pages.open_form": staff(Role.FINANCE_MAKER),
    "POST finance_statements_pages.save_opened": staff(Role.FINANCE_MAKER),
    "POST finance_statements_pages.issue": staff(Role.FINANCE_MAKER),
    "POST finance_statements_pages.approve": staff(Role.FINANCE_APPROVER),
    "GET finance_statements_pages.disputes": STATEMENT_READER,
    "POST finance_statements_pages.answer": staff(Role.FINANCE_MAKER),
    "POST finance_statements_pages.confirm": staff(Role.FINANCE_APPROVER),
    "POST finance_statements_pages.send_back": staff(Role.FINANCE_APPROVER),
    # Finance: payments, and the accounts they go to
    "GET finance_payments_pages.payments": FINANCE,
    "GET finance_payments_pages.owed_now": FINANCE,
    "POST finance_payments_pages.prepare": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_payments_pages.returned": FINANCE,
    "GET finance_payments_pages.batch": FINANCE,
    "POST finance_payments_pages.check": staff(Role.FINANCE_CHECKER, reach=Reach.CITY),
    "POST finance_payment_runs_pages.start": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_payment_runs_pages.show": FINANCE,
    "GET finance_works_pages.all_works": FINANCE,
    "GET finance_works_pages.show": FINANCE,
    "GET finance_works_pages.progress": FINANCE,
    "POST finance_works_pages.cancel": staff(
        Role.FINANCE_MAKER, Role.FINANCE_APPROVER, reach=Reach.CITY
    ),
    "GET finance_payment_runs_pages.progress": FINANCE,
    "GET finance_payment_settings_pages.settings": FINANCE,
    "POST finance_payment_settings_pages.propose": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "POST finance_payment_settings_pages.approve": staff(Role.FINANCE_APPROVER, reach=Reach.CITY),
    "POST finance_payment_settings_pages.withdraw": staff(
        Role.FINANCE_MAKER, Role.FINANCE_APPROVER, reach=Reach.CITY
    ),
    "POST finance_payment_settings_pages.set_account": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "POST finance_payments_pages.approve": staff(Role.FINANCE_APPROVER, reach=Reach.CITY),
    "POST finance_payments_pages.cancel": FINANCE_AT_WORK,
    "POST finance_payments_pages.send": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_payments_pages.bank_file": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "GET finance_refusals_pages.refusals": FINANCE,
    "GET finance_refusals_pages.payment": FINANCE,
    "POST finance_refusals_pages.declare": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "POST finance_refusals_pages.confirm": staff(Role.FINANCE_APPROVER, reach=Reach.CITY),
    **{
        f"POST finance_refusals_pages.{view}": staff(
            Role.FINANCE_MAKER, Role.FINANCE_APPROVER, reach=Reach.CITY
        )
        for view in ("withdraw", "revoke")
    },
    "GET finance_payout_pages.payees": PAYOUT_WORKERS,
    "GET finance_payout_pages.payee": PAYOUT_WORKERS,
    "POST finance_payout_pages.save": PAYOUT_WORKERS,
    "GET payout_accounts_api.show_payout_account": MEMBER,
    "PUT payout_accounts_api.save_payout_account": MEMBER,
    # Finance: the chain of an amount
    "GET finance_trace_api.show_trace": FINANCE,
    "GET finance_trace_pages.search": FINANCE,
    "GET finance_trace_pages.show": FINANCE,
    # Proof: what must hold, the log, its checkpoints; the public keys are everybody's
    "GET proof_api.list_checkpoints": FINANCE,
    "GET proof_api.list_keys": ANYONE,
    "GET proof_api.show_proof": FINANCE,
    "GET proof_api.show_consistency": FINANCE,
    "GET proof_pages.invariants": FINANCE,
    "GET proof_pages.log": FINANCE,
    "GET proof_pages.record": FINANCE,
    "GET proof_pages.save_proof": FINANCE,
    # Finance: the overview, closing months
    "GET finance_overview_pages.overview": FINANCE,
    "GET finance_closing_pages.all_months": FINANCE,
    "GET finance_closing_pages.one_month": FINANCE,
    "GET finance_closing_pages.save_certificate": FINANCE,
    "POST finance_closing_pages.ask": staff(Role.FINANCE_MAKER, reach=Reach.CITY),
    "POST finance_closing_pages.close": staff(Role.FINANCE_APPROVER, reach=Reach.CITY),
    "GET finance_books_pages.books": FINANCE,
    "GET finance_books_pages.account": FINANCE,
    "GET finance_books_pages.ageing": FINANCE,
    "GET finance_vouchers_pages.vouchers": FINANCE,
    "GET finance_vouchers_pages.voucher": FINANCE,
    "GET finance_vouchers_pages.voucher_file": FINANCE_AT_WORK,
    # Finance: the chart of accounts and the budgets
    **{
        f"GET finance_chart_pages.{view}": FINANCE
        for view in ("accounts", "account", "rules", "rule")
    },
    **{
        key: staff(Role.FINANCE_APPROVER, reach=Reach.CITY)
        for key in (
            "GET finance_chart_pages.new_account_form",
            "POST finance_chart_pages.save_new_account",
            "POST finance_chart_pages.save_account",
            "GET finance_chart_pages.new_rule_form",
            "POST finance_chart_pages.save_new_rule",
            "POST finance_chart_pages.save_rule",
            "POST finance_budget_pages.approve",
            "POST finance_budget_pages.refuse",
        )
    },
    **{f"GET finance_budget_pages.{view}": FINANCE for view in ("budgets", "line", "changes")},
    **{
        key: staff(Role.FINANCE_MAKER, reach=Reach.CITY)
        for key in (
            "GET finance_budget_pages.new_line_form",
            "POST finance_budget_pages.save_new_line",
            "POST finance_budget_pages.assign",
            "GET finance_budget_pages.new_change_form",
            "POST finance_budget_pages.save_new_change",
        )
    },
    # A merchant's managers, on their phones
    "GET merchants_manager.sign_in_form": ANYONE,
    "POST merchants_manager.send_code": ANYONE,
    "POST merchants_manager.check_code": ANYONE,
    "GET merchants_manager.apply_form": ANYONE,
    "POST merchants_manager.send_application_code": ANYONE,
    "POST merchants_manager.apply": ANYONE,
    "GET merchants_manager.home": MANAGER,
    "GET merchants_manager.agreements": MANAGER,
    "GET merchants_manager.today": MANAGER,
    "GET merchants_manager.sign_of_site": MANAGER,
    "GET merchants_manager.sites": MANAGER,
    "GET merchants_manager.new_site_form": MANAGER,
    "POST merchants_manager.save_new_site": MANAGER,
    "GET merchants_manager.edit_site_form": MANAGER,
    "POST merchants_manager.save_site": MANAGER,
    "POST merchants_manager.close_own_site": MANAGER,
    "GET merchants_manager.clerks": MANAGER,
    "POST merchants_manager.save_new_clerk": MANAGER,
    "POST merchants_manager.clerk_code": MANAGER,
    "POST merchants_manager.end_one_clerk": MANAGER,
    "GET merchants_manager.tills": MANAGER,
    "POST merchants_manager.unpair_till": MANAGER,
    "GET merchants_manager.managers": MANAGER,
    "POST merchants_manager.save_new_manager": MANAGER,
    "POST merchants_manager.end_one_manager": MANAGER,
    "GET merchants_manager.statements": MANAGER,
    "GET merchants_manager.statement": MANAGER,
    "GET merchants_manager.statement_paper": MANAGER,
    "POST merchants_manager.agree_to_statement": MANAGER,
    "GET merchants_manager.invoice_form": MANAGER,
    "POST merchants_manager.save_invoice": MANAGER,
    "GET merchants_manager.dispute_form": MANAGER,
    "POST merchants_manager.add_file": MANAGER,
    "POST merchants_manager.dispute_line": MANAGER,
    "GET merchants_manager.measures": MANAGER,
    "POST merchants_manager.appeal_measure": MANAGER,
    "GET merchants_manager.account": MANAGER,
    "POST merchants_manager.end_one_session": MANAGER,
    "POST merchants_manager.end_others": MANAGER,
    "POST merchants_manager.switch": MANAGER,
    "POST merchants_manager.leave": MANAGER,
    "GET desk.home": SIGNED_IN_STAFF,
    "GET staff_pages.sign_in_form": ANYONE,
    "POST staff_pages.check_password": ANYONE,
    "GET staff_pages.code_form": ANYONE,
    "POST staff_pages.check_code": ANYONE,
    "POST staff_pages.leave": SIGNED_IN_STAFF,
    "GET staff_pages.my_account": SIGNED_IN_STAFF,
    "POST staff_pages.end_one_session": SIGNED_IN_STAFF,
    "POST staff_pages.end_others": SIGNED_IN_STAFF,
    "GET staff_pages.password_form": SIGNED_IN_STAFF,
    "POST staff_pages.save_password": SIGNED_IN_STAFF,
    "POST staff_pages.new_factor": SIGNED_IN_STAFF,
    "GET staff_pages.factor_form": SIGNED_IN_STAFF,
    "POST staff_pages.save_factor": SIGNED_IN_STAFF,
    "GET staff_pages.accounts": staff(Role.ADMINISTRATOR),
    "GET staff_pages.new_account_form": staff(Role.ADMINISTRATOR),
    "POST staff_pages.save_new_account": staff(Role.ADMINISTRATOR),
    "GET staff_pages.account": staff(Role.ADMINISTRATOR),
    "POST staff_pages.save_account": staff(Role.ADMINISTRATOR),
    "POST staff_pages.save_grant": staff(Role.ADMINISTRATOR),
    "POST staff_pages.drop_grant": staff(Role.ADMINISTRATOR),
    "POST staff_pages.disable": staff(Role.ADMINISTRATOR),
    "POST staff_pages.enable": staff(Role.ADMINISTRATOR),
    "POST staff_pages.reset": staff(Role.ADMINISTRATOR),
}

Authenticate = Callable[[], Actor | None]

# Where whoever opened a page while signed out is led to.
SIGN_IN_PAGES = {
    ActorKind.STAFF: "staff_pages.sign_in_form",
    ActorKind.MANAGER: "merchants_manager.sign_in_form",
}


def rule_for(method: str, endpoint: str) -> Rule | None:
    return ACCESS.get(f"{'GET' if method in {'HEAD', 'OPTIONS'} else method} {endpoint}")


def guard(app: Flask, authenticators: Mapping[ActorKind, Authenticate]) -> None:
    """Check every request of `app` against ACCESS before its view.

    `authenticators` say, per kind of caller, who the credentials of the current request belong to
    (None: nobody). A page a person opened while signed out leads to the sign-in page.
    """

    @app.before_request
    def require_access() -> ResponseReturnValue | None:
        g.actor = NOBODY
        if request.endpoint is None:
            return None  # Flask answers 404 or 405 by itself
        rule = rule_for(request.method, request.endpoint)
        if rule is None:
            raise NotAllowed
        if rule.kind is ActorKind.NOBODY:
            return None
        authenticate = authenticators.get(rule.kind)
        actor = authenticate() if authenticate else None
        if actor is None:
            is_page = request.method in {"GET", "HEAD"} and not request.path.startswith("/api/")
            if rule.kind in SIGN_IN_PAGES and is_page:
                return redirect(url_for(SIGN_IN_PAGES[rule.kind], next=request.path))
            raise NotSignedIn
        if rule.roles and not actor.has_role(rule.roles):
            raise NotAllowed
        g.actor = actor
        return None
