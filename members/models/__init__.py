"""What the register stores: unions, people, sign-ins, corrections, rosters, notices, transfers."""

from members.models.corrections import (
    CORRECTION_ANSWER,
    CORRECTION_MOVES,
    CORRECTION_NAME,
    CORRECTION_PHONE,
    CORRECTION_TAIL,
    CORRECTION_TEXT,
    CorrectionField,
    CorrectionRequest,
    CorrectionState,
)
from members.models.imports import (
    IMPORT_CELLS,
    IMPORT_CONTENT,
    IMPORT_FILE_NAME,
    IMPORT_MOVES,
    ImportState,
    RosterImport,
    RosterImportRefusal,
)
from members.models.notices import (
    Notice,
    NoticeKind,
)
from members.models.register import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    MEMBER_PHONE,
    MEMBER_REMARK,
    MEMBERSHIP_MOVES,
    STANDING,
    Member,
    MembershipStatus,
)
from members.models.sign_in import (
    Consent,
    MemberSession,
    RealNameFailure,
    SignInCode,
)
from members.models.transfers import (
    TRANSFER_ANSWER,
    TRANSFER_MOVES,
    TRANSFER_REASON,
    TRANSFERS_OPEN,
    MembershipTransfer,
    TransferState,
)
from members.models.unions import (
    OrgLevel,
    UnionOrg,
)

__all__ = [
    "CORRECTION_ANSWER",
    "CORRECTION_MOVES",
    "CORRECTION_NAME",
    "CORRECTION_PHONE",
    "CORRECTION_TAIL",
    "CORRECTION_TEXT",
    "IMPORT_CELLS",
    "IMPORT_CONTENT",
    "IMPORT_FILE_NAME",
    "IMPORT_MOVES",
    "MEMBERSHIP_MOVES",
    "MEMBER_DOCUMENT",
    "MEMBER_NAME",
    "MEMBER_PHONE",
    "MEMBER_REMARK",
    "STANDING",
    "TRANSFERS_OPEN",
    "TRANSFER_ANSWER",
    "TRANSFER_MOVES",
    "TRANSFER_REASON",
    "Consent",
    "CorrectionField",
    "CorrectionRequest",
    "CorrectionState",
    "ImportState",
    "Member",
    "MemberSession",
    "MembershipStatus",
    "MembershipTransfer",
    "Notice",
    "NoticeKind",
    "OrgLevel",
    "RealNameFailure",
    "RosterImport",
    "RosterImportRefusal",
    "SignInCode",
    "TransferState",
    "UnionOrg",
]
