from datetime import UTC, datetime

from kernel.ids import new_id
from kernel.masks import mask_name
from kernel.persons import DocumentKind
from kernel.secrets import blind_index, token_hash
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    MEMBER_PHONE,
    Consent,
    Member,
    MemberSession,
    MembershipStatus,
)
from members.rules import DOCUMENT_FIELD, NAME_FIELD, PHONE_FIELD
from members.services import CARD_CONSENT, CONSENT_VERSIONS
from tests.make import NOW
from tests.make.staff import StaffMaker

FAR_AWAY = datetime(2099, 1, 1, tzinfo=UTC)  # so that tests through HTTP hold on any day


class MemberMaker(StaffMaker):
    def member(self, *, union=None, name="张小明", **facts):
        """A member in good standing whose real name is proven; the document is nobody's."""
        union = union or self.union()
        number = self.next_number()
        member_id = new_id()
        document = f"H9{number:07d}"
        phone = f"+861540000{number:04d}"
        defaults = {
            "id": member_id,
            "union_id": union.id,
            "name_sealed": MEMBER_NAME.seal(member_id, name),
            "name_masked": mask_name(name),
            "name_index": blind_index(NAME_FIELD, name),
            "document_kind": DocumentKind.HM_PASS,
            "document_sealed": MEMBER_DOCUMENT.seal(member_id, document),
            "document_index": blind_index(DOCUMENT_FIELD, document),
            "phone_sealed": MEMBER_PHONE.seal(member_id, phone),
            "phone_index": blind_index(PHONE_FIELD, phone),
            "status": MembershipStatus.ACTIVE,
            "real_name_at": NOW,
            "created_at": NOW,
            "updated_at": NOW,
        }
        return self.save(Member(**defaults | facts))

    def consent(self, member, *, purpose=CARD_CONSENT, **facts):
        version = CONSENT_VERSIONS.get(purpose, 1)
        defaults = {
            "member_id": member.id,
            "purpose": purpose,
            "version": version,
            "given_at": NOW,
        }
        return self.save(Consent(**defaults | facts))

    def member_session(self, member, *, token=None, **facts):
        """A signed-in phone of `member`; pass `token` to call the API as it."""
        defaults = {
            "member_id": member.id,
            "token_hash": token_hash(token or f"ucm_test_{new_id()}"),
            "created_at": NOW,
            "expires_at": FAR_AWAY,
        }
        return self.save(MemberSession(**defaults | facts))
