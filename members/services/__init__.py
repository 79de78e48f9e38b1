"""What can be done in the register, one file per group of verbs."""

from members.services.consents import (
    CONSENT_VERSIONS,
    ConsentLine,
    ConsentText,
    consent_texts,
    consents_of,
    give_consents,
    missing_consents,
    withdraw_consent,
)
from members.services.imports import (
    commit_import,
    discard_import,
    preview_import,
    upload_roster,
)
from members.services.notices import notify
from members.services.roster import (
    Effect,
    FileMemory,
    Outcome,
    apply_batch,
    batches,
    judge_lines,
    known_unions,
    lines_of,
)
from members.services.sign_in import (
    CARD_CONSENT,
    end_other_sessions,
    end_session,
    finish_sign_in,
    open_session,
    start_sign_in,
)
from members.services.unions import (
    REQUIRED_UNION_COLUMNS,
    UNION_COLUMNS,
    ImportReport,
    import_unions,
)

__all__ = [
    "CARD_CONSENT",
    "CONSENT_VERSIONS",
    "REQUIRED_UNION_COLUMNS",
    "UNION_COLUMNS",
    "ConsentLine",
    "ConsentText",
    "Effect",
    "FileMemory",
    "ImportReport",
    "Outcome",
    "apply_batch",
    "batches",
    "commit_import",
    "consent_texts",
    "consents_of",
    "discard_import",
    "end_other_sessions",
    "end_session",
    "finish_sign_in",
    "give_consents",
    "import_unions",
    "judge_lines",
    "known_unions",
    "lines_of",
    "missing_consents",
    "notify",
    "open_session",
    "preview_import",
    "start_sign_in",
    "upload_roster",
    "withdraw_consent",
]
