from kernel.actors import Actor, ActorKind, Grant, Role
from kernel.ids import new_id
from kernel.secrets import new_token, token_hash
from members.models import OrgLevel, UnionOrg
from staff.models import TOTP_SECRET, SessionState, StaffAccount, StaffGrant, StaffSession
from staff.rules import SESSION_LENGTH, hash_password, totp_code, totp_step
from tests.make import NOW
from tests.make.base import BaseMaker

PASSWORD = "Correct-Horse-7"
PASSWORD_HASH = hash_password(PASSWORD)
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment, *, secret=TOTP, steps=0):
    """Return the one-time code of the 30-second step at `moment`, or `steps` later."""
    return totp_code(secret, step=totp_step(moment) + steps)


class StaffMaker(BaseMaker):
    def union(self, **facts):
        """A union of the city's top level; pass `parent` for one below another."""
        parent = facts.pop("parent", None)
        code = facts.pop("code", f"SZ-T{self.next_number():03d}")
        defaults = {
            "code": code,
            "name": f"演示工会{code}",
            "parent_id": parent.id if parent else None,
            "path": f"{parent.path}/{code}" if parent else code,
            "level": OrgLevel.DISTRICT if parent else OrgLevel.CITY,
        }
        return self.save(UnionOrg(**defaults | facts))

    def staff(self, *roles, union=None, **facts):
        """An account that can sign in with PASSWORD and TOTP, holding `roles` for `union`."""
        union = union or self.union()
        number = self.next_number()
        account_id = new_id()
        defaults = {
            "id": account_id,
            "username": f"staff{number:03d}",
            "display_name": f"经办{number:03d}",
            "union_id": union.id,
            "password_hash": PASSWORD_HASH,
            "password_set_at": NOW,
            "password_is_temporary": False,
            "totp_secret_sealed": TOTP_SECRET.seal(account_id, TOTP),
            "totp_is_temporary": False,
            "created_at": NOW,
            "updated_at": NOW,
        }
        account = self.save(StaffAccount(**defaults | facts))
        for role in roles:
            self.grant(account, role, union)
        return account

    def grant(self, account, role, union):
        return self.save(
            StaffGrant(staff_id=account.id, role=role, union_id=union.id, granted_at=NOW)
        )

    def staff_session(self, account, *, token=None, at=NOW, **facts):
        """A session of `account`, open since `at`; pass `token` to call pages with it."""
        defaults = {
            "staff_id": account.id,
            "token_hash": token_hash(token or new_token()),
            "state": SessionState.OPEN,
            "browser": "Firefox, Linux",
            "created_at": at,
            "last_seen_at": at,
            "expires_at": at + SESSION_LENGTH,
        }
        return self.save(StaffSession(**defaults | facts))

    def staff_actor(self, *roles, union=None):
        """An account with `roles` for `union`, as a service is told who is calling."""
        union = union or self.union()
        account = self.staff(*roles, union=union)
        return Actor(
            ActorKind.STAFF,
            id=account.id,
            session_id=self.staff_session(account).id,
            grants=tuple(Grant(Role(role), union.path) for role in roles),
            name=account.display_name,
        )
