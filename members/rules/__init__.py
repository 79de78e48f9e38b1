"""What is judged about people without asking the database. Pure: no session, no clock, no Flask."""

from kernel.persons import (
    DocumentKind,
    Education,
    EmploymentStatus,
    HardshipLevel,
    Mode,
    Sex,
)
from kernel.text import Refused
from members.rules.documents import (
    PUBLISHED_SAMPLES,
    Document,
    normal_document_number,
    read_document,
    read_document_kind,
)
from members.rules.index_fields import DOCUMENT_FIELD, NAME_FIELD, PHONE_FIELD
from members.rules.names import match_name, normal_name, read_name
from members.rules.roster import (
    REQUIRED_ROSTER_COLUMNS,
    ROSTER_COLUMNS,
    LineRefused,
    RosterLine,
    normal_union_code,
    read_roster_line,
)
from members.rules.sentences import REASON_ORDER, SENTENCES

__all__ = [
    "DOCUMENT_FIELD",
    "NAME_FIELD",
    "PHONE_FIELD",
    "PUBLISHED_SAMPLES",
    "REASON_ORDER",
    "REQUIRED_ROSTER_COLUMNS",
    "ROSTER_COLUMNS",
    "SENTENCES",
    "Document",
    "DocumentKind",
    "Education",
    "EmploymentStatus",
    "HardshipLevel",
    "LineRefused",
    "Mode",
    "Refused",
    "RosterLine",
    "Sex",
    "match_name",
    "normal_document_number",
    "normal_name",
    "normal_union_code",
    "read_document",
    "read_document_kind",
    "read_name",
    "read_roster_line",
]
