from kernel.errors import Refusal
from kernel.i18n import N_


class SchemeFileWrong(Refusal):
    """Facts: `field`, where in the file, and `reason`."""

    status = 422
    code = "aid_scheme_file_wrong"
    title = N_("This file does not describe a scheme. See which field and why.")


class SchemeVersionChanged(Refusal):
    """Facts: `scheme` and `effective_from`."""

    status = 409
    code = "aid_scheme_version_changed"
    title = N_(
        "This version of the scheme is in force already and claims may rest on it. Write a change"
        " as a new version with a day of its own."
    )


class SchemeNotFound(Refusal):
    status = 404
    code = "aid_scheme_not_found"
    title = N_("There is no mutual-aid scheme with this code.")


class NotEligible(Refusal):
    """Facts: `reason`."""

    status = 409
    code = "aid_not_eligible"
    title = N_("This scheme does not take this member.")


class SharesNotAllowed(Refusal):
    """Facts: `shares_max`."""

    status = 422
    code = "aid_shares_not_allowed"
    title = N_("Nobody may hold that many shares of this scheme.")


class CoverOverlaps(Refusal):
    """Facts: `starts_on` and `ends_on` of the cover that was first (R07)."""

    status = 409
    code = "aid_cover_overlaps"
    title = N_("This member is covered by the scheme for some of these days already.")


class NotCovered(Refusal):
    """Facts: `reason`, a code of aid.rules.reasons, and what belongs to it."""

    status = 409
    code = "aid_not_covered"
    title = N_("This cannot be claimed under this scheme.")


class AidConsentMissing(Refusal):
    """Facts: `consents`, each with the purpose and version to agree to (R26)."""

    status = 409
    code = "aid_consent_missing"
    title = N_("Mutual aid needs your consent first: to your health papers and to being paid.")


class ConsentEnded(Refusal):
    status = 409
    code = "aid_consent_ended"
    title = N_("The member has withdrawn a consent, so this claim cannot be worked on.")


class CardMissing(Refusal):
    status = 409
    code = "aid_card_missing"
    title = N_("A claim is made against a card, and you have none yet. Ask your union for it.")


class PapersMissing(Refusal):
    """Facts: `kinds`."""

    status = 409
    code = "aid_papers_missing"
    title = N_("Some papers that this scheme asks for are missing.")


class NothingDue(Refusal):
    """Facts: `steps`, as a claim shows them."""

    status = 409
    code = "aid_nothing_due"
    title = N_("By the articles of the scheme this comes to nothing, so there is nothing to claim.")


class InvoiceUsed(Refusal):
    """Facts: `line`, counted from 1, where it is known."""

    status = 409
    code = "aid_invoice_used"
    title = N_("This invoice was handed in with a claim before. An invoice counts once.")


class AdmissionUsed(Refusal):
    """Facts: `line`, counted from 1, where it is known."""

    status = 409
    code = "aid_admission_used"
    title = N_("This stay in hospital was claimed before. A stay counts once.")


class ClaimNotFound(Refusal):
    status = 404
    code = "aid_claim_not_found"
    title = N_("There is no such claim, or it is not yours to see.")


class AidDocumentNotFound(Refusal):
    status = 404
    code = "aid_document_not_found"
    title = N_("There is no such paper, it is not yours, or it belongs to another claim.")


class AidDocumentUnreadable(Refusal):
    status = 415
    code = "aid_document_unreadable"
    title = N_("This file is none of PDF, JPEG and PNG. Photograph the paper or scan it as PDF.")


class AidDocumentTooLarge(Refusal):
    """Facts: `bytes_max`."""

    status = 413
    code = "aid_document_too_large"
    title = N_("A paper has at most 5 MB. Scan it again at a lower resolution.")


class TooManyDocuments(Refusal):
    """Facts: `documents_max`."""

    status = 409
    code = "aid_too_many_documents"
    title = N_("You have handed in many papers that belong to no claim. Make the claim first.")


class SamePerson(Refusal):
    status = 409
    code = "aid_same_person"
    title = N_("Somebody else has to approve: you have worked on this claim already.")


class HigherApprovalNeeded(Refusal):
    status = 409
    code = "aid_higher_approval_needed"
    title = N_("An amount like this is approved by a higher union.")


class CalculationChanged(Refusal):
    """Facts: `assessed_fen` and `benefit_fen`, what it comes to now."""

    status = 409
    code = "aid_calculation_changed"
    title = N_("Another claim has changed what this one comes to. It must be assessed again.")
