"""What the forms of sign-in, one's own account and the administration of accounts take."""

from marshmallow import fields, validate

from kernel.actors import Role
from kernel.wire import Text, Wire
from staff.models import AccountState

_PASSWORD_CHARACTERS_MAX = 200
_PATH_CHARACTERS_MAX = 500


class Password(fields.String):
    """A password as typed; too long a one is refused before anything is computed from it."""

    def __init__(self) -> None:
        super().__init__(
            required=True, validate=validate.Length(min=1, max=_PASSWORD_CHARACTERS_MAX)
        )


class SignInForm(Wire):
    username = Text(required=True, maximum=100)
    password = Password()
    next = Text(load_default="", maximum=_PATH_CHARACTERS_MAX)


class CodeForm(Wire):
    code = Text(required=True, maximum=20)
    next = Text(load_default="", maximum=_PATH_CHARACTERS_MAX)


class PasswordForm(Wire):
    current_password = Password()
    new_password = Password()
    repeated = Password()


class FactorForm(Wire):
    code = Text(required=True, maximum=20)


class AccountFilter(Wire):
    search = Text(maximum=60)
    role = fields.Enum(Role, by_value=True)
    state = fields.Enum(AccountState, by_value=True)


class NewAccountForm(Wire):
    username = Text(required=True, maximum=40)
    display_name = Text(required=True, maximum=60)
    union_code = Text(required=True, maximum=40)


class EditAccountForm(Wire):
    display_name = Text(required=True, maximum=60)
    union_code = Text(required=True, maximum=40)
    version = fields.Integer(required=True)


class VersionForm(Wire):
    version = fields.Integer(required=True)


class GrantForm(Wire):
    role = fields.Enum(Role, by_value=True, required=True)
    union_code = Text(required=True, maximum=40)
