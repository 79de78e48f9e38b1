"""One line of a roster (会员实名制信息采集表), judged without the database."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kernel.dates import parse_date
from kernel.persons import (
    DocumentKind,
    Education,
    EmploymentStatus,
    HardshipLevel,
    Mode,
    Sex,
)
from kernel.phones import parse_phone
from kernel.sheets import COVERED, Formula
from kernel.text import (
    Refused,
    ascii_upper,
    cell_text,
    half_width,
    plain_dashes,
    single_spaced,
    without_blanks,
)
from members.rules.documents import Document, read_document, read_document_kind
from members.rules.names import read_name

Word = TypeVar("Word")

# The preferred spelling first: it is the one that a person is told is missing.
ROSTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "会员姓名", "职工姓名", "名字", "name"),
    "document_kind": ("证件类型", "证件种类", "证件名称", "document type"),
    "document_number": (
        "证件号码",
        "证件号",
        "身份证号码",
        "身份证号",
        "居民身份证号码",
        "公民身份号码",
        "document number",
    ),
    "valid_until": ("证件有效期止", "证件有效期至", "证件有效期", "有效期止", "valid until"),
    "nationality": ("国籍", "国籍或地区", "nationality"),
    "phone": ("手机号码", "手机号", "手机", "移动电话", "联系手机", "联系电话", "phone"),
    "sex": ("性别", "sex"),
    "education": ("文化程度", "学历", "education"),
    "employment": ("就业状况", "就业状态", "employment"),
    "is_migrant": ("是否农民工", "农民工", "migrant worker"),
    "hardship": ("困难职工类别", "困难类别", "困难职工类型", "hardship"),
    "union_code": ("工会组织代码", "所属工会代码", "工会代码", "union code"),
    "union_name": ("工会组织名称", "所属工会名称", "所属工会", "工会名称", "union"),
    "joined_on": ("入会日期", "入会时间", "加入工会日期", "joined on"),
    "remark": ("备注", "说明", "remark"),
}
REQUIRED_ROSTER_COLUMNS = ("name", "document_number", "phone", "union_code", "joined_on")
# What these say changes nothing, so a formula or a merged cell in them does no harm.
_INFORMAL_COLUMNS = frozenset({"union_name", "remark"})

_JOINING_AGE = 16
_ADULT_AGE = 18
_REMARK_LENGTH_MAX = 200
_LONG_TERM = frozenset({"长期", "长期有效", "永久", "永久有效"})
# Both ends as printed on a card: 2015.06.21-2035.06.21, or 2015年6月21日至长期.
_FROM_UNTIL = re.compile(r"\d{4}\D?\d{1,2}\D?\d{1,2}日? ?\D{1,2}? ?(.+)", re.ASCII)
_HMT_KINDS = frozenset({DocumentKind.HMT_RP, DocumentKind.HM_PASS, DocumentKind.TW_PASS})

_SEXES = {"男": Sex.MALE, "男性": Sex.MALE, "女": Sex.FEMALE, "女性": Sex.FEMALE}
_YES_NO = {"是": True, "否": False, "有": True, "无": False, "Y": True, "N": False}
_EDUCATIONS = {
    "小学": Education.PRIMARY,
    "小学及以下": Education.PRIMARY,
    "初中": Education.JUNIOR_SECONDARY,
    "中专": Education.VOCATIONAL,
    "中技": Education.VOCATIONAL,
    "技校": Education.VOCATIONAL,
    "职高": Education.VOCATIONAL,
    "高中": Education.SENIOR_SECONDARY,
    "大专": Education.COLLEGE,
    "专科": Education.COLLEGE,
    "大学专科": Education.COLLEGE,
    "本科": Education.BACHELOR,
    "大学本科": Education.BACHELOR,
    "大学": Education.BACHELOR,
    "硕士": Education.MASTER,
    "硕士研究生": Education.MASTER,
    "研究生": Education.MASTER,
    "博士": Education.DOCTOR,
    "博士研究生": Education.DOCTOR,
}
_EMPLOYMENTS = {
    "在岗": EmploymentStatus.EMPLOYED,
    "在职": EmploymentStatus.EMPLOYED,
    "待岗": EmploymentStatus.WAITING,
    "灵活就业": EmploymentStatus.FLEXIBLE,
    "失业": EmploymentStatus.UNEMPLOYED,
    "待业": EmploymentStatus.UNEMPLOYED,
    "退休": EmploymentStatus.RETIRED,
}
_HARDSHIPS = {
    "无": HardshipLevel.NONE,
    "否": HardshipLevel.NONE,
    "不困难": HardshipLevel.NONE,
    "深度困难": HardshipLevel.DEEP,
    "相对困难": HardshipLevel.RELATIVE,
    "意外致困": HardshipLevel.ACCIDENTAL,
}


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A line that can be taken, if the database agrees.

    None in an optional field means that the line does not say, or says nothing we understand (then
    a warning names it): it is no reason to forget what is already known.
    """

    name: str
    document: Document
    phone: str
    union_code: str
    joined_on: date
    sex: Sex | None
    document_valid_until: date | None
    document_is_long_term: bool
    nationality: str
    education: Education | None
    employment: EmploymentStatus | None
    is_migrant: bool | None
    hardship: HardshipLevel | None
    union_name: str
    remark: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineRefused:
    """Why a line is not taken: `reason` to count, `detail` to tell (`SENTENCES`)."""

    reason: str
    detail: str


def read_roster_line(  # noqa: PLR0911 (guards in the order people are told)
    cells: Mapping[str, object],
    *,
    today: date,
    mode: Mode,
    union_codes: Container[str],
) -> RosterLine | LineRefused:
    """Judge one line, except what only the database knows (duplicates, phones taken, subtrees).

    `cells` is keyed like `ROSTER_COLUMNS`; a missing key is a column that the file lacks. `today`
    is the Shanghai date. Where several reasons could be given, the first of name, document, phone,
    union, dates is.
    """
    refused = _unreadable(cells)
    if refused is not None:
        return refused
    text = {name: cell_text(cell) for name, cell in cells.items()}
    name = read_name(text.get("name", ""))
    if isinstance(name, Refused):
        return _line(name)
    document = _read_document(text, today=today, mode=mode)
    if isinstance(document, Refused):
        return _line(document)
    phone = _read_phone(text.get("phone", ""))
    if isinstance(phone, Refused):
        return _line(phone)
    union_code = _read_union_code(text.get("union_code", ""), union_codes)
    if isinstance(union_code, Refused):
        return _line(union_code)
    joined_on = _read_joined_on(cells.get("joined_on"), document=document, today=today)
    if isinstance(joined_on, Refused):
        return _line(joined_on)
    return _with_particulars(
        name, document, phone, union_code, joined_on, cells=cells, text=text, today=today
    )


def normal_union_code(text: str) -> str:
    """Return a union's code without blanks, half width, with capitals and plain dashes."""
    return ascii_upper(plain_dashes(without_blanks(half_width(text))))


def _line(refused: Refused) -> LineRefused:
    return LineRefused(refused.reason, refused.detail)


def _unreadable(cells: Mapping[str, object]) -> LineRefused | None:
    read = [cell for name, cell in cells.items() if name not in _INFORMAL_COLUMNS]
    if any(cell is COVERED for cell in read):
        return LineRefused("merged_cells", "merged_cells")
    if any(isinstance(cell, Formula) for cell in read):
        return LineRefused("formula", "formula")
    return None


def _read_document(text: Mapping[str, str], *, today: date, mode: Mode) -> Document | Refused:
    number = text.get("document_number", "")
    if not without_blanks(number):
        return Refused("id_missing", "id_missing")
    kinds = read_document_kind(text.get("document_kind", ""))
    if isinstance(kinds, Refused):
        return kinds
    return read_document(number, today=today, mode=mode, kinds=kinds)


def _read_phone(text: str) -> str | Refused:
    if not without_blanks(text):
        return Refused("phone_invalid", "phone_missing")
    return parse_phone(text) or Refused("phone_invalid", "phone_invalid")


def _read_union_code(text: str, union_codes: Container[str]) -> str | Refused:
    code = normal_union_code(text)
    if not code:
        return Refused("union_unknown", "union_missing")
    return code if code in union_codes else Refused("union_unknown", "union_unknown")


def _read_joined_on(cell: object, *, document: Document, today: date) -> date | Refused:
    if not without_blanks(cell_text(cell)):
        return Refused("join_date_invalid", "join_date_missing")
    joined_on = parse_date(cell)
    if joined_on is None:
        return Refused("join_date_invalid", "join_date_unreadable")
    if joined_on > today:
        return Refused("join_date_invalid", "join_date_future")
    if document.born_on is not None:
        if joined_on < document.born_on:
            return Refused("join_date_invalid", "join_date_before_birth")
        if _age_on(today, document.born_on) < _JOINING_AGE:
            return Refused("under_age", "under_age")
    return joined_on


def _with_particulars(
    name: str,
    document: Document,
    phone: str,
    union_code: str,
    joined_on: date,
    *,
    cells: Mapping[str, object],
    text: Mapping[str, str],
    today: date,
) -> RosterLine:
    """Add what a line may leave out; what cannot be understood becomes a warning."""
    warnings = list(document.warnings)
    valid_until, is_long_term = _read_valid_until(cells.get("valid_until"), warnings)
    if valid_until is not None and valid_until < today:
        warnings.append("document_expired")
    sex = _word(text.get("sex", ""), _SEXES, "sex_unreadable", warnings)
    if document.sex is not None and sex is not None and sex is not document.sex:
        warnings.append("sex_differs")
    nationality = single_spaced(text.get("nationality", ""))[:_REMARK_LENGTH_MAX]
    if document.kind is DocumentKind.PASSPORT and not nationality:
        warnings.append("nationality_missing")
    if not phone.startswith("+86") and document.kind not in _HMT_KINDS:
        warnings.append("phone_outside_mainland")
    if document.born_on is not None:
        if _age_on(joined_on, document.born_on) < _JOINING_AGE:
            warnings.append("joined_before_16")
        if _age_on(today, document.born_on) < _ADULT_AGE:
            warnings.append("minor")
    return RosterLine(
        name=name,
        document=document,
        phone=phone,
        union_code=union_code,
        joined_on=joined_on,
        sex=document.sex or sex,
        document_valid_until=valid_until,
        document_is_long_term=is_long_term,
        nationality=nationality or document.nation,
        education=_word(text.get("education", ""), _EDUCATIONS, "education_unreadable", warnings),
        employment=_word(
            text.get("employment", ""), _EMPLOYMENTS, "employment_unreadable", warnings
        ),
        is_migrant=_word(text.get("is_migrant", ""), _YES_NO, "migrant_unreadable", warnings),
        hardship=_read_hardship(cells, text, warnings),
        union_name=single_spaced(text.get("union_name", ""))[:_REMARK_LENGTH_MAX],
        remark=single_spaced(text.get("remark", ""))[:_REMARK_LENGTH_MAX],
        warnings=tuple(warnings),
    )


def _word(text: str, words: Mapping[str, Word], warning: str, warnings: list[str]) -> Word | None:
    """Return what a word means, None if it is blank; an unknown one is None and a warning."""
    plain = ascii_upper(without_blanks(half_width(text)))
    if plain and plain not in words:
        warnings.append(warning)
    return words.get(plain)


def _read_hardship(
    cells: Mapping[str, object], text: Mapping[str, str], warnings: list[str]
) -> HardshipLevel | None:
    """A blank in a column of hardship says that there is none; no such column says nothing."""
    if "hardship" in cells and not without_blanks(text["hardship"]):
        return HardshipLevel.NONE
    return _word(text.get("hardship", ""), _HARDSHIPS, "hardship_unreadable", warnings)


def _read_valid_until(cell: object, warnings: list[str]) -> tuple[date | None, bool]:
    """Return the last day of validity, and whether the document is valid for ever.

    Takes both ends as well: 2015.06.21-2035.06.21.
    """
    plain = single_spaced(half_width(cell_text(cell)))
    if not plain:
        return None, False
    until = _FROM_UNTIL.fullmatch(plain)
    end = until.group(1) if until and parse_date(plain) is None else plain
    if end in _LONG_TERM:
        return None, True
    valid_until = parse_date(cell) or parse_date(end)
    if valid_until is None:
        warnings.append("valid_until_unreadable")
    return valid_until, False


def _age_on(day: date, born_on: date) -> int:
    """Return the full years of life: reached on the birthday, 29 February on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
