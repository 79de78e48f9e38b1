from kernel.errors import Refusal
from kernel.i18n import N_


class MerchantNotFound(Refusal):
    status = 404
    code = "merchant_not_found"
    title = N_("There is no such merchant, or it is not yours to see.")


class SiteNotFound(Refusal):
    status = 404
    code = "site_not_found"
    title = N_("There is no such site, or it is not yours to see.")


class AgreementNotFound(Refusal):
    status = 404
    code = "agreement_not_found"
    title = N_("There is no such agreement, or it is not yours to see.")


class TerminalNotFound(Refusal):
    status = 404
    code = "terminal_not_found"
    title = N_("There is no such till, or it is not yours to see.")


class MerchantNotActive(Refusal):
    status = 409
    code = "merchant_not_active"
    title = N_("This merchant is not active, so nothing new can be arranged with it.")


class UsccInvalid(Refusal):
    status = 422
    code = "uscc_invalid"
    title = N_("This is not a unified social credit code. Check it against the licence.")


class UsccTaken(Refusal):
    status = 409
    code = "uscc_taken"
    title = N_("Another merchant is already registered under this social credit code.")


class MerchantUnionUnknown(Refusal):
    status = 422
    code = "merchant_union_unknown"
    title = N_("Choose one of the unions that you look after.")


class AccountInvalid(Refusal):
    status = 422
    code = "account_invalid"
    title = N_("This is not a bank account we can pay to: 16 to 19 digits that begin with 62.")


class SiteNameTaken(Refusal):
    status = 409
    code = "site_name_taken"
    title = N_("This merchant already has a site of that name.")


class SiteNotOpen(Refusal):
    status = 409
    code = "site_not_open"
    title = N_("This site is closed. Reopen it before pairing a till.")


class AgreementDatesInvalid(Refusal):
    status = 422
    code = "agreement_dates_invalid"
    title = N_("An agreement must end after the day on which it starts.")


class AgreementNumberTaken(Refusal):
    status = 409
    code = "agreement_number_taken"
    title = N_("There is already an agreement with this number.")


class AgreementsOverlap(Refusal):
    status = 409
    code = "agreements_overlap"
    title = N_("Another agreement of this merchant is in force on some of these days.")


class PairingCodeInvalid(Refusal):
    """One answer for a code that is unknown, used or expired: a guess must teach nothing."""

    status = 409
    code = "pairing_code_invalid"
    title = N_("This pairing code is wrong, used or expired. Ask for a new one.")


class TooManyTries(Refusal):
    status = 429
    code = "too_many_tries"
    title = N_("Too many wrong pairing codes. Wait a quarter of an hour and try again.")


class PublicKeyInvalid(Refusal):
    status = 422
    code = "public_key_invalid"
    title = N_("The device's key is not a public key on the P-256 curve.")


class MerchantFileNotFound(Refusal):
    status = 404
    code = "merchant_file_not_found"
    title = N_("There is no such file, or you did not upload it.")


class MerchantFileImported(Refusal):
    status = 409
    code = "merchant_file_imported"
    title = N_("This file has been imported already. Upload it again to import what was mended.")


class ManagerCodeWrong(Refusal):
    """One answer for a code that is wrong, used, expired or never sent: a guess teaches nothing."""

    status = 401
    code = "manager_code_wrong"
    title = N_("This code is wrong or has expired. Check it, or ask for a new one.")


class NoMerchantForPhone(Refusal):
    status = 409
    code = "no_merchant_for_phone"
    title = N_(
        "No merchant is looked after with this phone. Ask another manager to invite you, or apply."
    )


class ApplicationWaiting(Refusal):
    status = 409
    code = "application_waiting"
    title = N_(
        "The union is still looking at your application. Sign in again once it has answered."
    )


class ApplicationRefused(Refusal):
    status = 409
    code = "application_refused"
    title = N_("The union has refused your application. You may apply again with what was missing.")


class ManagerNotFound(Refusal):
    status = 404
    code = "manager_not_found"
    title = N_("There is no such manager, or they are not of your merchant.")


class ManagerSessionNotFound(Refusal):
    status = 404
    code = "manager_session_not_found"
    title = N_("There is no such session, or it is not yours.")


class ManagerPhoneInvalid(Refusal):
    status = 422
    code = "manager_phone_invalid"
    title = N_("This is not a mobile number. Give eleven digits, such as 15400000001.")


class ManagerKnown(Refusal):
    status = 409
    code = "manager_known"
    title = N_("Somebody with this phone looks after this merchant already, or is invited.")


class LastManager(Refusal):
    status = 409
    code = "last_manager"
    title = N_("You are the last manager. Invite another one first, who must have signed in.")


class ApplicationsTooMany(Refusal):
    status = 429
    code = "applications_too_many"
    title = N_("There were too many applications from here today. Try again tomorrow.")


class ClerkNotFound(Refusal):
    status = 404
    code = "clerk_not_found"
    title = N_("There is no such clerk, or they are not of your merchant.")


class TerminalIdle(Refusal):
    """Raised for a clerk's own till only; the job of the night unpairs it."""

    status = 401
    code = "terminal_idle"
    title = N_(
        "This till was not used for so long that it is shut out. Ask your manager for a new code."
    )


class SanctionNotFound(Refusal):
    status = 404
    code = "sanction_not_found"
    title = N_("There is no such measure, or it is not yours to see.")


class SanctionInForce(Refusal):
    status = 409
    code = "sanction_in_force"
    title = N_("A measure of this kind is in force. Lift that one first, as another person.")


class SanctionLifted(Refusal):
    status = 409
    code = "sanction_lifted"
    title = N_("This measure has been lifted already. Reload to see what stands.")


class SanctionFinal(Refusal):
    status = 409
    code = "sanction_final"
    title = N_("The business with this merchant has ended for good; it can only apply anew.")


class SanctionSetByYou(Refusal):
    status = 409
    code = "sanction_set_by_you"
    title = N_("You set this measure: another person must lift it or answer about it.")


class AppealOpen(Refusal):
    status = 409
    code = "sanction_appeal_open"
    title = N_("Your appeal against this measure waits for an answer; wait for it here.")


class SanctionAppealNotFound(Refusal):
    status = 404
    code = "sanction_appeal_not_found"
    title = N_("There is no such appeal, or it is not yours to see.")


class SanctionAppealAnswered(Refusal):
    status = 409
    code = "sanction_appeal_answered"
    title = N_("Somebody has answered this appeal meanwhile. Reload to read the answer.")


class NotServiceSite(Refusal):
    status = 409
    code = "not_service_site"
    title = N_("Visits are counted at a union's service sites only.")


class VisitNotFound(Refusal):
    status = 404
    code = "visit_not_found"
    title = N_("This till has counted no such visit.")


class VisitSettled(Refusal):
    status = 409
    code = "visit_settled"
    title = N_("This visit was counted on an earlier day, whose number stands.")
