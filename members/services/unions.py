"""The tree of unions: importing it, and knowing who is below whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.sheets import Line
from kernel.text import Refused, cell_text
from kernel.uscc import read_uscc
from members.models import OrgLevel, UnionOrg
from members.rules import normal_union_code

UNION_COLUMNS = {
    "code": ("工会组织代码", "工会代码", "union code"),
    "name": ("工会组织名称", "工会名称", "union"),
    "parent_code": ("上级代码", "上级工会代码", "parent code"),
    "level": ("层级", "工会层级", "level"),
    "number": ("行政区划或统一社会信用代码", "统一社会信用代码", "行政区划", "uscc"),
}
REQUIRED_UNION_COLUMNS = ("code", "name", "parent_code", "level")

_DIVISION_DIGITS = 6
_NAME_CHARACTERS_MAX = 200
_CODE_CHARACTERS_MAX = 40


@dataclass
class ImportReport:
    """What an import did. `refused` holds line, reason, detail, in the order of the file."""

    accepted: int = 0
    unchanged: int = 0
    refused: list[dict[str, object]] = field(default_factory=list)

    def refuse(self, line: int, reason: str, detail: str | None = None) -> None:
        self.refused.append({"line": line, "reason": reason, "detail": detail or reason})


@dataclass(frozen=True)
class _UnionLine:
    code: str
    name: str
    parent_code: str
    level: OrgLevel
    division_code: str | None
    uscc: str | None


def import_unions(session: Session, *, lines: Iterable[Line]) -> ImportReport:
    """Add and change unions; a parent must stand in the register or above its child in the file.

    A union that changes its parent takes its whole subtree along: every path below is rewritten.
    """
    report = ImportReport()
    known = {union.code: union for union in session.scalars(select(UnionOrg))}
    seen: set[str] = set()
    for line in lines:
        read = _read_union_line(line.cells)
        if isinstance(read, str):
            report.refuse(line.number, read)
            continue
        problem = _misplaced(read, known=known, seen=seen)
        if problem is not None:
            report.refuse(line.number, problem)
            continue
        seen.add(read.code)
        if _put_union(session, read=read, known=known):
            report.accepted += 1
        else:
            report.unchanged += 1
    session.flush()
    return report


def _read_union_line(cells: Mapping[str, object]) -> _UnionLine | str:
    """Return the line as values, or the reason it is refused."""
    text = {name: cell_text(cell).strip() for name, cell in cells.items()}
    code = normal_union_code(text.get("code", ""))
    if not 0 < len(code) <= _CODE_CHARACTERS_MAX or "/" in code:
        return "union_code_invalid"
    name = text.get("name", "")
    if not 0 < len(name) <= _NAME_CHARACTERS_MAX:
        return "union_name_missing"
    try:
        level = OrgLevel(text.get("level", "").lower())
    except ValueError:
        return "union_level_unknown"
    number = text.get("number", "")
    division_code = uscc = None
    if len(number) == _DIVISION_DIGITS and number.isascii() and number.isdigit():
        division_code = number
    elif number:
        checked = read_uscc(number)
        if isinstance(checked, Refused):
            return checked.reason
        uscc = checked.code
    parent = normal_union_code(text.get("parent_code", ""))
    return _UnionLine(code, name, parent, level, division_code, uscc)


def _misplaced(read: _UnionLine, *, known: Mapping[str, UnionOrg], seen: set[str]) -> str | None:
    if read.code in seen:
        return "duplicate_union"
    if not read.parent_code:
        return None if read.level is OrgLevel.CITY else "parent_missing"
    parent = known.get(read.parent_code)
    if parent is None:
        return "parent_unknown"
    here = known.get(read.code)
    if here is not None and (parent.path + "/").startswith(here.path + "/"):
        return "parent_below_itself"
    return None


def _put_union(session: Session, *, read: _UnionLine, known: dict[str, UnionOrg]) -> bool:
    """Add or change one union and say whether anything is different now."""
    parent = known.get(read.parent_code)
    path = f"{parent.path}/{read.code}" if parent else read.code
    facts = {
        "name": read.name,
        "parent_id": parent.id if parent else None,
        "path": path,
        "level": read.level,
        "division_code": read.division_code,
        "uscc": read.uscc,
    }
    union = known.get(read.code)
    if union is None:
        union = UnionOrg(code=read.code, **facts)
        session.add(union)
        session.flush()
        known[read.code] = union
        return True
    if all(getattr(union, name) == value for name, value in facts.items()):
        return False
    moved_from = union.path
    for name, value in facts.items():
        setattr(union, name, value)
    session.flush()
    if moved_from != path:
        _move_subtree(session, old=moved_from, new=path)
        for each in known.values():
            session.refresh(each)
    return True


def _move_subtree(session: Session, *, old: str, new: str) -> None:
    rebased = func.concat(new, func.substr(UnionOrg.path, len(old) + 1))
    session.execute(
        update(UnionOrg)
        .where(UnionOrg.path.startswith(old + "/", autoescape=True))
        .values(path=rebased),
        execution_options={"synchronize_session": False},
    )
