"""The blueprint that the modules beside this one fill, and what they share."""

from flask import Blueprint

from kernel.actors import Role
from kernel.i18n import N_
from kernel.persons import DocumentKind
from kernel.web import current_actor
from members.models import ImportState, MembershipStatus, OrgLevel

pages = Blueprint(
    "members_pages", __name__, url_prefix="/desk/register", template_folder="../templates"
)

STATUS_WORDS = {
    MembershipStatus.APPLIED: N_("Applied to join"),
    MembershipStatus.RETURNED: N_("Returned for papers"),
    MembershipStatus.ACTIVE: N_("Member"),
    MembershipStatus.TRANSFERRING: N_("Moving to another union"),
    MembershipStatus.RETAINED: N_("Membership retained"),
    MembershipStatus.WITHDRAWN: N_("Left the union"),
    MembershipStatus.EXPELLED: N_("Expelled"),
    MembershipStatus.DECEASED: N_("Deceased"),
    MembershipStatus.DUPLICATE_MERGED: N_("Merged with another record"),
}
LEVEL_WORDS = {
    OrgLevel.CITY: N_("City federation"),
    OrgLevel.DISTRICT: N_("District federation"),
    OrgLevel.INDUSTRY: N_("Industry union"),
    OrgLevel.STREET: N_("Street federation"),
    OrgLevel.LEAGUE: N_("League of unions"),
    OrgLevel.ENTERPRISE: N_("Enterprise union"),
    OrgLevel.GROUP: N_("Union group"),
}
IMPORT_WORDS = {
    ImportState.UPLOADED: N_("Waiting to be read"),
    ImportState.PREVIEWING: N_("Being read"),
    ImportState.PREVIEWED: N_("Ready to import"),
    ImportState.COMMITTING: N_("Being imported"),
    ImportState.COMMITTED: N_("Imported"),
    ImportState.FAILED: N_("Could not be read"),
    ImportState.DISCARDED: N_("Discarded"),
}
DOCUMENT_WORDS = {
    DocumentKind.CN_RIC: N_("Resident identity card"),
    DocumentKind.HMT_RP: N_("Residence permit of Hong Kong, Macao or Taiwan residents"),
    DocumentKind.HM_PASS: N_("Travel permit of Hong Kong and Macao residents"),
    DocumentKind.TW_PASS: N_("Travel permit of Taiwan residents"),
    DocumentKind.FPR_2023: N_("Foreigner's permanent residence card"),
    DocumentKind.FPR_2017: N_("Foreigner's permanent residence card (2017)"),
    DocumentKind.PASSPORT: N_("Passport"),
}


def reading_paths() -> tuple[str, ...]:
    """Return the union paths whose register the caller may read."""
    return current_actor().paths(Role.REGISTER_OFFICER, Role.AUDITOR)


def keeping_paths() -> tuple[str, ...]:
    """Return the union paths whose register the caller keeps."""
    return current_actor().paths(Role.REGISTER_OFFICER)
