"""Every table of the package, one file per group."""

from cards.models.cards import (
    BATCH_MOVES,
    CARD_MOVES,
    CARD_SERIAL,
    BatchState,
    Card,
    CardBatch,
    CardPolicy,
    CardState,
    Device,
)
from cards.models.issuing import (
    CREDENTIAL_MOVES,
    ISSUER_KEY_MOVES,
    ISSUER_KEY_PRIVATE,
    SLICE_LIST,
    Credential,
    CredentialState,
    IssuerKey,
    IssuerKeyState,
    StatusListRow,
    StatusSeries,
    TrustListRow,
)
from cards.models.lifecycle import (
    APPEAL_MOVES,
    APPEAL_TEXT,
    AppealState,
    CardAppeal,
    LostReportTries,
)
from cards.models.records import (
    CardRecord,
    RecordKind,
)
from cards.models.scans import (
    EnrolmentNonce,
    Replay,
    TerminalChallenge,
    Verification,
)

__all__ = [
    "APPEAL_MOVES",
    "APPEAL_TEXT",
    "BATCH_MOVES",
    "CARD_MOVES",
    "CARD_SERIAL",
    "CREDENTIAL_MOVES",
    "ISSUER_KEY_MOVES",
    "ISSUER_KEY_PRIVATE",
    "SLICE_LIST",
    "AppealState",
    "BatchState",
    "Card",
    "CardAppeal",
    "CardBatch",
    "CardPolicy",
    "CardRecord",
    "CardState",
    "Credential",
    "CredentialState",
    "Device",
    "EnrolmentNonce",
    "IssuerKey",
    "IssuerKeyState",
    "LostReportTries",
    "RecordKind",
    "Replay",
    "StatusListRow",
    "StatusSeries",
    "TerminalChallenge",
    "TrustListRow",
    "Verification",
]
