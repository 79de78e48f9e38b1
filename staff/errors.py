from kernel.errors import Refusal
from kernel.i18n import N_


class SignInRefused(Refusal):
    """One sentence for every reason: an unknown name, a wrong password, a disabled account."""

    status = 401
    code = "sign_in_refused"
    title = N_("The username or the password is not right, or the account is not in use.")


class CodeRefused(Refusal):
    status = 401
    code = "code_refused"
    title = N_("This code is not right, or it was used already. Wait for the next one.")


class SignInLocked(Refusal):
    status = 429
    code = "sign_in_locked"
    title = N_("Too many tries that failed. Wait 15 minutes, then try again.")


class SignInExpired(Refusal):
    status = 401
    code = "sign_in_expired"
    title = N_("This sign-in took too long. Start again with your password.")


class AccountNotFound(Refusal):
    status = 404
    code = "staff_account_not_found"
    title = N_("There is no such staff account, or it is outside your reach.")


class UsernameTaken(Refusal):
    status = 409
    code = "username_taken"
    title = N_("This username is in use already. Choose another.")


class UsernameUnusable(Refusal):
    status = 422
    code = "username_unusable"
    title = N_(
        "A username has 3 to 40 letters a-z, digits, dots, dashes or underscores, and begins with"
        " a letter."
    )


class UnionOutOfReach(Refusal):
    status = 404
    code = "union_out_of_reach"
    title = N_("There is no union with this code, or it is outside your reach.")


class NotYourOwnAccount(Refusal):
    status = 409
    code = "not_your_own_account"
    title = N_("Nobody decides about their own account. Ask another administrator.")


class RolesDoNotMix(Refusal):
    status = 409
    code = "roles_do_not_mix"
    title = N_("This person holds a role that must be held by somebody else.")


class GrantNotFound(Refusal):
    status = 404
    code = "grant_not_found"
    title = N_("This role is not held any more.")


class SessionNotFound(Refusal):
    status = 404
    code = "staff_session_not_found"
    title = N_("This session has ended already.")


class PasswordWrong(Refusal):
    status = 409
    code = "password_wrong"
    title = N_("The present password is not right.")


class PasswordUnusable(Refusal):
    """Parent of what can be wrong with a new password; never raised itself."""


class PasswordTooShort(PasswordUnusable):
    status = 422
    code = "password_too_short"
    title = N_("Use at least 12 characters.")


class PasswordTooLong(PasswordUnusable):
    status = 422
    code = "password_too_long"
    title = N_("Use at most 128 characters.")


class PasswordTooPlain(PasswordUnusable):
    status = 422
    code = "password_too_plain"
    title = N_(
        "Mix at least three of capital letters, small letters, digits and signs, or use 20"
        " characters or more."
    )


class PasswordNamesYou(PasswordUnusable):
    status = 422
    code = "password_names_you"
    title = N_("The password must not contain the username.")


class PasswordNotNew(PasswordUnusable):
    status = 422
    code = "password_not_new"
    title = N_("The new password must differ from the present one.")


class NoFactorPending(Refusal):
    status = 409
    code = "no_factor_pending"
    title = N_("Start again: there is no new second factor waiting to be confirmed.")
