from kernel.errors import Refusal
from kernel.i18n import N_


class CardNotFound(Refusal):
    status = 404
    code = "card_not_found"
    title = N_("There is no such card, or it is not yours to see.")


class DeviceNotFound(Refusal):
    status = 404
    code = "device_not_found"
    title = N_("There is no such phone on your card.")


class StatusListNotFound(Refusal):
    status = 404
    code = "status_list_not_found"
    title = N_("There is no status list with this number.")


class BatchNotFound(Refusal):
    status = 404
    code = "card_batch_not_found"
    title = N_("There is no such batch of cards, or it is not yours to see.")


class UnionNotYours(Refusal):
    status = 404
    code = "union_not_yours"
    title = N_("There is no such union among those you look after.")


class CardNotUsable(Refusal):
    """Facts: `state`, or at a till `reason`: a code of docs/reference/card-credential.md."""

    status = 409
    code = "card_not_usable"
    title = N_("This card cannot be used now. The member's app says why and what to do.")


class ConsentMissing(Refusal):
    status = 409
    code = "consent_missing"
    title = N_("The card needs your consent to real-name use first. Sign in again to give it.")


class PublicKeyInvalid(Refusal):
    """`detail` among the facts says which rule the key breaks."""

    status = 422
    code = "device_key_invalid"
    title = N_("The phone's key is not a public key on the P-256 curve.")


class EnrolmentExpired(Refusal):
    status = 409
    code = "enrolment_expired"
    title = N_("This took longer than two minutes or was answered already. Start again.")


class EnrolmentRefused(Refusal):
    """`reason` among the facts is a code of the card format, such as bad_signature or stale."""

    status = 409
    code = "enrolment_refused"
    title = N_("The phone did not prove that it holds this key. Check its clock and start again.")


class DeviceLimit(Refusal):
    status = 409
    code = "device_limit"
    title = N_("This card is on as many phones as allowed. Remove one of them first.")


class DeviceKeyTaken(Refusal):
    status = 409
    code = "device_key_taken"
    title = N_("This phone's key belongs to another card. Start again with a new key.")


class IssuerKeysMissing(Refusal):
    status = 503
    code = "issuer_keys_missing"
    title = N_("The service has no card keys yet. Its operator runs flask cards keys init first.")


class IssuerKeyNotFound(Refusal):
    status = 404
    code = "issuer_key_not_found"
    title = N_("There is no key with this name. flask cards keys list shows them all.")


class RotationUnderWay(Refusal):
    """Facts: `kid` of the key that waits for its turn, and `signs_from`."""

    status = 409
    code = "rotation_under_way"
    title = N_("The next key of this kind is published already and begins to sign by itself.")


class OverlapTooShort(Refusal):
    """`days_min` among the facts is how long tills may go without a new trust list."""

    status = 422
    code = "overlap_too_short"
    title = N_("Tills that are offline must hear of a new key before it signs. Wait longer.")


class RootKeyStays(Refusal):
    status = 409
    code = "root_key_stays"
    title = N_("The root key is not changed by this command: every till holds it.")


class FreezeEndInvalid(Refusal):
    status = 422
    code = "freeze_end_invalid"
    title = N_("A freeze must end at a moment in the future, at most a year from now.")


class ReasonMissing(Refusal):
    status = 422
    code = "reason_missing"
    title = N_("Say why: the member reads it.")


class NumberTooNew(Refusal):
    """Facts: `until`, when the wait is over at the latest."""

    status = 409
    code = "number_too_new"
    title = N_(
        "Your phone number is new. Sign in on a phone that has the card, ask any union service"
        " desk, or wait a day."
    )


class RestoreElsewhere(Refusal):
    status = 409
    code = "restore_elsewhere"
    title = N_(
        "This may be the phone that was lost. Restore the card with another phone that has it, or"
        " at a union service desk with your identity document."
    )


class PhoneUnreadable(Refusal):
    status = 422
    code = "phone_unreadable"
    title = N_("This is not a mobile number. Give all of its digits.")


class LostReportsTooMany(Refusal):
    status = 429
    code = "lost_reports_too_many"
    title = N_(
        "That was tried often enough today. Call 12351 or go to any union service desk: they stop"
        " the card at once."
    )


class NotFrozen(Refusal):
    status = 409
    code = "card_not_frozen"
    title = N_("This card is not frozen, so there is nothing to appeal against.")


class AppealOpen(Refusal):
    status = 409
    code = "appeal_open"
    title = N_("Your appeal is with the union already. The answer appears on this page.")


class AppealNotFound(Refusal):
    status = 404
    code = "appeal_not_found"
    title = N_("There is no such appeal, or it is not yours to see.")


class MembershipNotChosen(Refusal):
    status = 422
    code = "membership_not_chosen"
    title = N_("This membership cannot become that. Choose one of the list.")


class FontMissing(Refusal):
    status = 503
    code = "font_missing"
    title = N_("The service has no font to print cards with. Its operator builds the apps first.")


class NameNotPrintable(Refusal):
    """`character` among the facts is what the font does not have."""

    status = 422
    code = "name_not_printable"
    title = N_("A character of the name cannot be printed.")


class PaperBatchNotFound(Refusal):
    status = 404
    code = "paper_batch_not_found"
    title = N_("There are no such paper cards, or they are not yours to see.")


class NothingToPrint(Refusal):
    status = 422
    code = "nothing_to_print"
    title = N_("Choose at least one card.")


class DocumentNotSeen(Refusal):
    status = 422
    code = "document_not_seen"
    title = N_("Confirm both: you saw the person with the document, and hold the signed consent.")
