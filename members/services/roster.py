"""The roster import: judge each line, then write what is new or changed, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from kernel.ids import new_id
from kernel.masks import mask_name
from kernel.persons import HardshipLevel, Mode
from kernel.secrets import blind_index
from kernel.sheets import Line, read_table
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    MEMBER_PHONE,
    MEMBER_REMARK,
    Member,
    MembershipStatus,
    UnionOrg,
)
from members.rules import (
    DOCUMENT_FIELD,
    NAME_FIELD,
    PHONE_FIELD,
    REQUIRED_ROSTER_COLUMNS,
    ROSTER_COLUMNS,
    LineRefused,
    RosterLine,
    read_roster_line,
)
from members.services.phones import number_changed

BATCH_LINES = 500


class Effect(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What happens to one line. `originals` are its cells as they stood, for the error file."""

    line: int
    effect: Effect
    reason: str = ""
    detail: str = ""
    originals: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Judged:
    """One line after the rules and before the database."""

    line: int
    originals: tuple[str, ...] = field(repr=False)
    read: RosterLine | LineRefused = field(repr=False)
    document_index: bytes = b""
    phone_index: bytes = b""


@dataclass
class FileMemory:
    """What earlier lines of the same file settled: which documents came, who holds which phone.

    `phones` maps a phone's index to the document index of its holder, None for a phone given up.
    """

    documents: set[bytes] = field(default_factory=set)
    phones: dict[bytes, bytes | None] = field(default_factory=dict)


def known_unions(session: Session) -> dict[str, UnionOrg]:
    return {union.code: union for union in session.scalars(select(UnionOrg))}


def lines_of(content: bytes) -> Iterator[Line]:
    """Return the lines of a roster file. Raises a TableFileRefused, at once or while reading."""
    return read_table(
        content, header_synonyms=ROSTER_COLUMNS, required_headers=REQUIRED_ROSTER_COLUMNS
    ).lines


def judge_lines(
    lines: Iterable[Line],
    *,
    memory: FileMemory,
    today: date,
    mode: Mode,
    union_codes: Mapping[str, UnionOrg],
) -> Iterator[Judged]:
    """Yield each line with its judgement; the second line of one document is a duplicate."""
    for line in lines:
        read = read_roster_line(line.cells, today=today, mode=mode, union_codes=union_codes)
        if isinstance(read, LineRefused):
            yield Judged(line.number, line.originals, read)
            continue
        document = blind_index(DOCUMENT_FIELD, read.document.identity)
        if document in memory.documents:
            twice = LineRefused("duplicate_person", "duplicate_person")
            yield Judged(line.number, line.originals, twice)
            continue
        memory.documents.add(document)
        phone = blind_index(PHONE_FIELD, read.phone)
        yield Judged(line.number, line.originals, read, document, phone)


def batches(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """Yield the lines in lists of at most BATCH_LINES: one transaction each."""
    lines = iter(judged)
    while batch := list(islice(lines, BATCH_LINES)):
        yield batch


def apply_batch(
    session: Session,
    *,
    batch: Sequence[Judged],
    memory: FileMemory,
    unions: Mapping[str, UnionOrg],
    paths: Sequence[str],
    write: bool,
    now: datetime,
) -> list[Outcome]:
    """Add and change members for the lines of `batch`; with `write` false only say what would be.

    `paths` are the union paths the importer reaches: a line outside them, or one that would move
    a member from or to a union outside them, is refused. Locks the members it finds.
    """
    work = _Batch(session, batch=batch, memory=memory, paths=paths, now=now)
    outcomes = [work.outcome(judged, unions) for judged in batch]
    if write:
        work.write()
    return outcomes


class _Batch:
    """The members that a batch touches, looked up once, and the rows it will write."""

    def __init__(
        self,
        session: Session,
        *,
        batch: Sequence[Judged],
        memory: FileMemory,
        paths: Sequence[str],
        now: datetime,
    ) -> None:
        self._session = session
        self._memory = memory
        self._paths = paths
        self._now = now
        self._added: list[dict[str, Any]] = []
        self._changed: list[tuple[Member, dict[str, Any]]] = []
        readable = [each for each in batch if each.document_index]
        found = session.scalars(
            select(Member)
            .where(
                or_(
                    Member.document_index.in_([each.document_index for each in readable]),
                    Member.phone_index.in_([each.phone_index for each in readable]),
                )
            )
            .order_by(Member.id)
            .with_for_update()
        ).all()
        self._by_document = {member.document_index: member for member in found}
        self._union_paths = _paths_of(session, {member.union_id for member in found})
        for member in found:
            if member.phone_index is not None:
                memory.phones.setdefault(member.phone_index, member.document_index)

    def outcome(self, judged: Judged, unions: Mapping[str, UnionOrg]) -> Outcome:
        read = judged.read
        if isinstance(read, LineRefused):
            return self._refused(judged, read.reason, read.detail)
        union = unions[read.union_code]
        member = self._by_document.get(judged.document_index)
        touched = [union.path]
        if member is not None and member.union_id != union.id:
            touched.append(self._union_paths[member.union_id])
        if not all(_reaches(self._paths, path) for path in touched):
            return self._refused(judged, "union_not_yours", "union_not_yours")
        if self._memory.phones.get(judged.phone_index, judged.document_index) not in (
            None,
            judged.document_index,
        ):
            return self._refused(judged, "phone_taken", "phone_taken")
        if member is None:
            self._memory.phones[judged.phone_index] = judged.document_index
            self._added.append(self._new_row(judged, read, union))
            return Outcome(judged.line, Effect.ADDED)
        changes = self._changes(member, judged, read, union)
        if not changes:
            return Outcome(judged.line, Effect.UNCHANGED)
        if member.phone_index is not None and member.phone_index != judged.phone_index:
            self._memory.phones[member.phone_index] = None
        self._memory.phones[judged.phone_index] = judged.document_index
        self._changed.append((member, changes))
        return Outcome(judged.line, Effect.CHANGED)

    def write(self) -> None:
        """Write the rows. Phones are given up before they are taken over by somebody else."""
        for member, changes in self._changed:
            if "phone_index" in changes:
                if member.phone_index is not None:
                    number_changed(self._session, member=member, now=self._now)
                member.phone_index = None
                member.phone_sealed = None
        self._session.flush()
        for member, changes in self._changed:
            for name, value in changes.items():
                setattr(member, name, value)
            member.version += 1
            member.updated_at = self._now
        self._session.flush()
        if self._added:
            self._session.execute(insert(Member), self._added)

    @staticmethod
    def _refused(judged: Judged, reason: str, detail: str) -> Outcome:
        return Outcome(judged.line, Effect.REFUSED, reason, detail, judged.originals)

    def _new_row(self, judged: Judged, read: RosterLine, union: UnionOrg) -> dict[str, Any]:
        row_id = new_id()
        return {
            "id": row_id,
            "union_id": union.id,
            "document_kind": read.document.kind,
            "document_sealed": MEMBER_DOCUMENT.seal(row_id, read.document.number),
            "document_index": judged.document_index,
            "hardship_level": read.hardship or HardshipLevel.NONE,
            "status": MembershipStatus.ACTIVE,
            "remark_sealed": MEMBER_REMARK.seal(row_id, read.remark) if read.remark else None,
            "version": 1,
            "created_at": self._now,
            "updated_at": self._now,
            **_name_facts(row_id, read.name),
            **_phone_facts(row_id, read.phone, judged.phone_index),
            **_plain_facts(read),
            **_validity(read),
        }

    def _changes(
        self, member: Member, judged: Judged, read: RosterLine, union: UnionOrg
    ) -> dict[str, Any]:
        """Return the columns that differ. What a line does not say stays as it is."""
        wanted: dict[str, Any] = {"union_id": union.id, **_said(_plain_facts(read))}
        if read.document_valid_until is not None or read.document_is_long_term:
            wanted |= _validity(read)
        if read.hardship is not None:
            wanted["hardship_level"] = read.hardship
        changes = {name: value for name, value in wanted.items() if getattr(member, name) != value}
        if blind_index(NAME_FIELD, read.name) != member.name_index:
            changes |= _name_facts(member.id, read.name)
        if judged.phone_index != member.phone_index:
            changes |= _phone_facts(member.id, read.phone, judged.phone_index)
        if MEMBER_DOCUMENT.open(member.id, member.document_sealed) != read.document.number:
            changes["document_sealed"] = MEMBER_DOCUMENT.seal(member.id, read.document.number)
        if read.remark and (
            member.remark_sealed is None
            or MEMBER_REMARK.open(member.id, member.remark_sealed) != read.remark
        ):
            changes["remark_sealed"] = MEMBER_REMARK.seal(member.id, read.remark)
        return changes


def _name_facts(row_id: UUID, name: str) -> dict[str, Any]:
    return {
        "name_sealed": MEMBER_NAME.seal(row_id, name),
        "name_masked": mask_name(name),
        "name_index": blind_index(NAME_FIELD, name),
    }


def _phone_facts(row_id: UUID, phone: str, phone_index: bytes) -> dict[str, Any]:
    return {"phone_sealed": MEMBER_PHONE.seal(row_id, phone), "phone_index": phone_index}


def _validity(read: RosterLine) -> dict[str, Any]:
    return {
        "document_valid_until": read.document_valid_until,
        "document_is_long_term": read.document_is_long_term,
    }


def _plain_facts(read: RosterLine) -> dict[str, Any]:
    return {
        "nationality": read.nationality or None,
        "sex": read.sex,
        "born_on": read.document.born_on,
        "education": read.education,
        "employment": read.employment,
        "is_migrant": read.is_migrant,
        "joined_on": read.joined_on,
    }


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _paths_of(session: Session, union_ids: set[UUID]) -> dict[UUID, str]:
    if not union_ids:
        return {}
    rows = session.execute(select(UnionOrg.id, UnionOrg.path).where(UnionOrg.id.in_(union_ids)))
    return {row.id: row.path for row in rows}


def _reaches(paths: Sequence[str], path: str) -> bool:
    return any(path == each or path.startswith(each + "/") for each in paths)
