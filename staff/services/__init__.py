"""What can be done: signing in, looking after accounts, looking after one's own account."""

from staff.services.accounts import (
    NewCredentials,
    create_account,
    disable_account,
    enable_account,
    grant_role,
    rename_account,
    reset_credentials,
    revoke_grant,
)
from staff.services.own import (
    begin_second_factor,
    change_password,
    confirm_second_factor,
    end_other_sessions,
    end_session,
    pending_second_factor,
)
from staff.services.sign_in import (
    begin_sign_in,
    finish_sign_in,
    forget_old_sign_ins,
    sign_out,
    touch_session,
)

__all__ = [
    "NewCredentials",
    "begin_second_factor",
    "begin_sign_in",
    "change_password",
    "confirm_second_factor",
    "create_account",
    "disable_account",
    "enable_account",
    "end_other_sessions",
    "end_session",
    "finish_sign_in",
    "forget_old_sign_ins",
    "grant_role",
    "pending_second_factor",
    "rename_account",
    "reset_credentials",
    "revoke_grant",
    "sign_out",
    "touch_session",
]
