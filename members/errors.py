from kernel.errors import Refusal
from kernel.i18n import N_


class MemberNotFound(Refusal):
    status = 404
    code = "member_not_found"
    title = N_("There is no such member in the unions you look after.")


class SignInCodeWrong(Refusal):
    """One answer for a wrong code, an old one, a used one and a phone nobody knows."""

    status = 401
    code = "sign_in_code_wrong"
    title = N_("The code is wrong or has expired. Ask for a new one.")


class RealNameRequired(Refusal):
    status = 409
    code = "real_name_required"
    title = N_("First sign-in: give your name, the last four of your document, and your consent.")


class RealNameMismatch(Refusal):
    """Never says what was wrong: the sentence must not help a stranger to guess."""

    status = 409
    code = "real_name_mismatch"
    title = N_("This does not match the union's register. Check it, or ask for a correction.")


class CorrectionRequested(Refusal):
    status = 409
    code = "correction_requested"
    title = N_(
        "This did not match five times. We have asked a register officer to check the register;"
        " you will hear from your union."
    )


class CodesNotSent(Refusal):
    status = 503
    code = "codes_not_sent"
    title = N_("This service is not yet connected to a text-message gateway.")


class NoStanding(Refusal):
    status = 409
    code = "not_a_member"
    title = N_("This membership has ended or has not begun.")


class UnionUnknown(Refusal):
    status = 422
    code = "union_unknown"
    title = N_("There is no union with that code.")


class ImportNotFound(Refusal):
    status = 404
    code = "import_not_found"
    title = N_("There is no such import, or it is not yours to see.")


class PurposeMissing(Refusal):
    status = 422
    code = "purpose_missing"
    title = N_("Say why you need to see the full value; the member can read it.")


class ConsentUnknown(Refusal):
    """Facts: `purpose` and, where one was named, `version`."""

    status = 422
    code = "consent_unknown"
    title = N_("This purpose, or this version of its text, is not in force. Read the current one.")


class ConsentEndsWithCard(Refusal):
    status = 409
    code = "consent_ends_with_card"
    title = N_("The card rests on this consent. Ask your union to cancel the card; it ends then.")


class PhoneTaken(Refusal):
    status = 409
    code = "phone_taken"
    title = N_(
        "Another member has this number in the register. Correct theirs first, or use another."
    )


class CorrectionNotFound(Refusal):
    status = 404
    code = "correction_not_found"
    title = N_("There is no such correction in the unions you look after.")


class CorrectionNotNeeded(Refusal):
    status = 409
    code = "correction_not_needed"
    title = N_("This number can sign in already. Sign in, and ask for a correction in My data.")


class AnswerMissing(Refusal):
    status = 422
    code = "answer_missing"
    title = N_("Say in a sentence what you decided; the member reads it.")


class FactInvalid(Refusal):
    """Facts: `field`, and `detail`, a key of members.rules.SENTENCES."""

    status = 422
    code = "fact_invalid"
    title = N_("This cannot stand in the register. Check what you typed.")


class DocumentTaken(Refusal):
    status = 409
    code = "document_taken"
    title = N_("Another member has this document in the register. Merge the two, or check it.")


class NothingToCorrect(Refusal):
    status = 422
    code = "nothing_to_correct"
    title = N_("The register says this already. Type what is to be different.")


class TransferNotFound(Refusal):
    status = 404
    code = "transfer_not_found"
    title = N_("There is no such transfer, or it is not yours to decide.")


class TransferUnderWay(Refusal):
    status = 409
    code = "transfer_under_way"
    title = N_("You have asked for a transfer already. Take it back before you ask another union.")


class AlreadyInUnion(Refusal):
    status = 409
    code = "already_in_union"
    title = N_("You belong to this union already. Choose another.")
