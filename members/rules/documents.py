"""Documents of persons: domain.md 3.1 and 3.2, rules R02, R03 and R05.

The 18-digit family shares one algorithm (GB 11643-1999, ISO 7064 MOD 11-2). We judge its charset,
its date, its check digit, and only then what kind it is; county tables reject real people, so an
unknown county is no more than a warning.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from stdnum import numdb
from stdnum.iso7064 import mod_11_2

from kernel.persons import DocumentKind, Mode, Sex
from kernel.text import Refused, ascii_upper, half_width, plain_dashes, without_blanks

# GB/T 2260 provinces, 71 Taiwan; 81, 82 and 83 are residence permits of Hong Kong, Macao and
# Taiwan residents.
_PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 83),
    )
    for code in range(first, last + 1)
)
_RESIDENCE_COUNTIES = frozenset({"810000", "820000", "830000"})
# Nobody can have these: the codes are assigned to no county and to no nation (domain.md 3.1, 3.2).
_IMPOSSIBLE_COUNTIES = frozenset({"440399", "810099", "820099", "830099"})
_IMPOSSIBLE_NATION = "999"
# ISO 3166 leaves these letters to its users, so no state has them.
_IMPOSSIBLE_NATION_LETTERS = re.compile(r"AAA|Q[M-Z][A-Z]|X[A-Z][A-Z]|ZZZ")
PUBLISHED_SAMPLES = frozenset(
    {
        "11010519491231002X",
        "440524188001010014",
        "34052419800101001X",
        "932682198501010017",
        "911124198108030024",
        "H00000000",
        "M0000000000",
        "00000000",
        "USA440099010101",
        "E00000000",
    }
)

_NUMBER_LENGTH_MAX = 64
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
# What people and scanners write where the last character should be an X.
_LOOKALIKES_OF_X = re.compile(r"[0-9]{17}[×✕✖✗✘╳ΧχХх*]")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+?1[0-9]|[0-9]{15}000")
_HM_PASS = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?")
_TW_PASS = re.compile(r"[0-9]{8}|[0-9]{10}(?:\([A-Z]\)|[A-Z])?")
_FPR_2017 = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,17}")
_HM_PASS_COMPARED = 9  # the two digits after them count renewals

_FOREIGN_PERMIT = frozenset({DocumentKind.FPR_2023, DocumentKind.FPR_2017})
_EIGHTEEN_FAMILY = frozenset({DocumentKind.CN_RIC, DocumentKind.HMT_RP, DocumentKind.FPR_2023})
_KINDS_BY_NAME: dict[str, frozenset[DocumentKind]] = {
    "居民身份证": frozenset({DocumentKind.CN_RIC}),
    "中国居民身份证": frozenset({DocumentKind.CN_RIC}),
    "中华人民共和国居民身份证": frozenset({DocumentKind.CN_RIC}),
    "二代身份证": frozenset({DocumentKind.CN_RIC}),
    "身份证": frozenset({DocumentKind.CN_RIC}),
    "港澳居民居住证": frozenset({DocumentKind.HMT_RP}),
    "台湾居民居住证": frozenset({DocumentKind.HMT_RP}),
    "港澳台居民居住证": frozenset({DocumentKind.HMT_RP}),
    "港澳居民来往内地通行证": frozenset({DocumentKind.HM_PASS}),
    "回乡证": frozenset({DocumentKind.HM_PASS}),
    "台湾居民来往大陆通行证": frozenset({DocumentKind.TW_PASS}),
    "台胞证": frozenset({DocumentKind.TW_PASS}),
    "外国人永久居留身份证": _FOREIGN_PERMIT,
    "外国人永久居留证": _FOREIGN_PERMIT,
    "护照": frozenset({DocumentKind.PASSPORT}),
    "普通护照": frozenset({DocumentKind.PASSPORT}),
    "外国护照": frozenset({DocumentKind.PASSPORT}),
    **{kind.value: frozenset({kind}) for kind in DocumentKind},
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be what it says.

    `sex` and `born_on` are known where the number tells them. `nation` is the ISO 3166 code as the
    number writes it: digits on the permit of 2023, letters on that of 2017, else empty.
    """

    kind: DocumentKind
    number: str
    sex: Sex | None = None
    born_on: date | None = None
    nation: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def identity(self) -> str:
        """What two documents of one person have in common: the input of the blind index.

        A Hong Kong or Macao pass keeps its first nine characters when it is renewed.
        """
        number = self.number
        if self.kind is DocumentKind.HM_PASS:
            number = number[:_HM_PASS_COMPARED]
        return f"{self.kind.value}:{number}"


def normal_document_number(text: str) -> str:
    """Return the number without blanks and invisible characters, half width, a-z as A-Z."""
    return ascii_upper(plain_dashes(without_blanks(half_width(text))))


def read_document_kind(text: str) -> frozenset[DocumentKind] | Refused:
    """Return the kinds that a 证件类型 can mean, all of them if it says nothing.

    Brackets and their content do not count: 居民身份证(二代) is 居民身份证.
    """
    name = ascii_upper(re.sub(r"\([^()]*\)", "", without_blanks(half_width(text))))
    if not name:
        return frozenset(DocumentKind)
    return _KINDS_BY_NAME.get(name) or Refused("id_type_unknown", "id_type_unknown")


def read_document(
    text: str,
    *,
    today: date,
    mode: Mode,
    kinds: frozenset[DocumentKind] = frozenset(DocumentKind),
) -> Document | Refused:
    """Judge a document number. Any string is answered; nothing is raised.

    `kinds` are those its owner says it may be (`read_document_kind`). Within the 18-digit family
    the number itself decides, and a different word beside it is a warning. `today` is the Shanghai
    date: nobody is born after it.
    """
    number = normal_document_number(text[: _NUMBER_LENGTH_MAX + 1])
    if not number:
        return Refused("id_missing", "id_missing")
    if len(text) > _NUMBER_LENGTH_MAX:
        return Refused("id_format", "id_format")
    if _EIGHTEEN.fullmatch(number) and kinds & _EIGHTEEN_FAMILY:
        found = _read_eighteen(number, kinds=kinds, today=today)
    else:
        found = _read_other(number, kinds=kinds)
    if isinstance(found, Refused):
        return found
    return _allowed_in(mode, found)


def _read_eighteen(
    number: str, *, kinds: frozenset[DocumentKind], today: date
) -> Document | Refused:
    born_on = _real_date(number[6:14])
    if born_on is None:
        return Refused("id_date", "id_date")
    if born_on > today:
        return Refused("id_date", "id_date_future")
    if not mod_11_2.is_valid(number):
        detail = "id_rounded" if _ROUNDED.fullmatch(number) else "id_checksum"
        return Refused("id_checksum", detail)
    kind, nation, warnings = DocumentKind.CN_RIC, "", []
    if number[0] == "9":
        kind, nation = DocumentKind.FPR_2023, number[3:6]
        if number[1:3] not in _PROVINCES:
            warnings.append("province_unknown")
    else:
        if number[:2] not in _PROVINCES:
            return Refused("id_region", "id_region")
        if number[:2] in {"81", "82", "83"}:
            kind = DocumentKind.HMT_RP
        if not _is_known_county(number[:6]):
            warnings.append("county_unknown")
    if kind not in kinds:
        warnings.append("document_kind_differs")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return Document(kind, number, sex, born_on, nation, tuple(warnings))


def _read_other(number: str, *, kinds: frozenset[DocumentKind]) -> Document | Refused:
    """Judge what is not 18 digits. Without a named kind, only what can be nothing else is taken."""
    if DocumentKind.HM_PASS in kinds and _HM_PASS.fullmatch(number):
        return Document(DocumentKind.HM_PASS, number)
    if DocumentKind.FPR_2017 in kinds and _FPR_2017.fullmatch(number):
        return Document(DocumentKind.FPR_2017, number, nation=number[:3])
    if kinds == {DocumentKind.TW_PASS} and _TW_PASS.fullmatch(number):
        return Document(DocumentKind.TW_PASS, re.sub(r"[()]", "", number))
    if kinds == {DocumentKind.PASSPORT} and _PASSPORT.fullmatch(number):
        return Document(DocumentKind.PASSPORT, number)
    detail = _what_is_wrong(number, kinds)
    is_pass = _TW_PASS.fullmatch(number) or _PASSPORT.fullmatch(number)
    if kinds == frozenset(DocumentKind) and detail == "id_format" and is_pass:
        return Refused("id_type_missing", "id_type_missing")
    return Refused("id_format", detail)


def _what_is_wrong(number: str, kinds: frozenset[DocumentKind]) -> str:
    """Return the most helpful detail for a number of no form that `kinds` have."""
    if kinds & _EIGHTEEN_FAMILY:
        if _FIFTEEN.fullmatch(number):
            return "id_fifteen_digits"
        if _LOOKALIKES_OF_X.fullmatch(number):
            return "id_lookalike_of_x"
    if _ROUNDED.fullmatch(number):
        return "id_rounded"
    if kinds <= _FOREIGN_PERMIT:
        return "id_format_fpr"
    return f"id_format_{min(kinds).value.lower()}" if len(kinds) == 1 else "id_format"


def _allowed_in(mode: Mode, document: Document) -> Document | Refused:
    """Keep real people's documents out of a demo, and invented ones out of a register (R05).

    A pass or a passport has no range that nobody can have, so a demo takes any of them.
    """
    is_sample = document.number in PUBLISHED_SAMPLES
    is_impossible = is_sample or _is_impossible(document)
    if mode is Mode.PRODUCTION and is_impossible:
        return Refused("id_not_allowed", "id_synthetic")
    has_range = document.kind in _EIGHTEEN_FAMILY | _FOREIGN_PERMIT
    if mode is Mode.DEMO and has_range and not is_impossible:
        return Refused("id_not_allowed", "id_not_allowed_in_demo")
    return document


def _is_impossible(document: Document) -> bool:
    if document.kind is DocumentKind.FPR_2023:
        return document.nation == _IMPOSSIBLE_NATION
    if document.kind is DocumentKind.FPR_2017:
        return _IMPOSSIBLE_NATION_LETTERS.fullmatch(document.nation) is not None
    return document.kind in _EIGHTEEN_FAMILY and document.number[:6] in _IMPOSSIBLE_COUNTIES


def _real_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _is_known_county(code: str) -> bool:
    """Say whether GB/T 2260 ever had this county, by python-stdnum's table, its years ignored."""
    if code[:2] in {"81", "82", "83"}:
        return code in _RESIDENCE_COUNTIES
    _, facts = numdb.get("cn/loc").info(code)[-1]
    return "county" in facts
