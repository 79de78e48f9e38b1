"""Unified social credit codes of organisations: GB 32100-2015 (domain.md 3.3, rule R04)."""

import re
from dataclasses import dataclass

from kernel.i18n import N_
from kernel.text import Refused, ascii_upper, half_width, plain_dashes, without_blanks

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)  # 3^(i-1) mod 31
_MODULUS = 31
_FORM = re.compile(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_TEXT_LENGTH_MAX = 64

DEPARTMENTS: dict[str, str] = {
    "1": "机构编制",
    "2": "外交",
    "3": "司法行政",
    "4": "文化",
    "5": "民政",
    "6": "旅游",
    "7": "宗教",
    "8": "工会",
    "9": "工商",
    "A": "军委改革和编制办公室",
    "N": "农业",
    "Y": "其他",
}
CATEGORIES: dict[str, str] = {
    "11": "机关",
    "12": "事业单位",
    "13": "编办直接管理机构编制的群众团体",
    "19": "其他",
    "21": "外国常驻新闻机构",
    "29": "其他",
    "31": "律师执业机构",
    "32": "公证处",
    "33": "基层法律服务所",
    "34": "司法鉴定机构",
    "35": "仲裁委员会",
    "39": "其他",
    "41": "外国在华文化中心",
    "49": "其他",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "59": "其他",
    "61": "外国旅游部门常驻代表机构",
    "62": "港澳台地区旅游部门常驻内地(大陆)代表机构",
    "69": "其他",
    "71": "宗教活动场所",
    "72": "宗教院校",
    "79": "其他",
    "81": "基层工会",
    "89": "其他",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "A1": "军队事业单位",
    "A9": "其他",
    "N1": "组级集体经济组织",
    "N2": "村级集体经济组织",
    "N3": "乡镇级集体经济组织",
    "N9": "其他",
    "Y1": "其他",
}
HOUSEHOLD = "92"  # its owner is a person, so the owner's name is masked

SENTENCES: dict[str, str] = {
    "uscc_missing": N_("The unified social credit code is missing."),
    "uscc_length": N_("A unified social credit code has 18 characters."),
    "uscc_letter": N_("A unified social credit code never has the letters I, O, S, V and Z."),
    "uscc_format": N_("This does not have the form of a unified social credit code."),
    "uscc_checksum": N_("The last character does not fit the code: one is wrong or swapped."),
    # Warnings: the code is taken.
    "uscc_category_unknown": N_("The code begins with a kind of organisation we do not know."),
    "uscc_organisation_checksum": N_("The organisation's part fails its own check digit."),
}


@dataclass(frozen=True, slots=True)
class Uscc:
    """A code that can be one. `kind` is its first two characters; the labels are empty if unknown.

    That the check digit of the organisation's nine characters (GB 11714) fails is a warning only:
    not every registrar has kept it.
    """

    code: str
    kind: str
    department: str
    category: str
    division_code: str
    organisation: str
    warnings: tuple[str, ...]


def normal_uscc(text: str) -> str:
    """Return the code without blanks and dashes, half width, with capital letters."""
    return ascii_upper(plain_dashes(without_blanks(half_width(text)))).replace("-", "")


def read_uscc(text: str) -> Uscc | Refused:
    """Judge a unified social credit code. Any string is answered; nothing is raised."""
    code = normal_uscc(text[: _TEXT_LENGTH_MAX + 1])
    if not code:
        return Refused("uscc_missing", "uscc_missing")
    if not _FORM.fullmatch(code):
        return Refused("uscc_format", _what_is_wrong(code))
    if code[-1] != check_character(code[:-1]):
        return Refused("uscc_checksum", "uscc_checksum")
    warnings = []
    if code[:2] not in CATEGORIES:
        warnings.append("uscc_category_unknown")
    if code[16] != _organisation_check_character(code[8:16]):
        warnings.append("uscc_organisation_checksum")
    return Uscc(
        code=code,
        kind=code[:2],
        department=DEPARTMENTS.get(code[0], ""),
        category=CATEGORIES.get(code[:2], ""),
        division_code=code[2:8],
        organisation=code[8:17],
        warnings=tuple(warnings),
    )


def check_character(body: str) -> str:
    """Return the 18th character for 17 of the alphabet: (31 - Σ aᵢwᵢ mod 31) mod 31."""
    total = sum(_VALUES[char] * weight for char, weight in zip(body, _WEIGHTS, strict=True))
    return _ALPHABET[-total % _MODULUS]


def _organisation_check_character(body: str) -> str:
    """Return GB 11714's ninth character: 11 - Σ mod 11, where 10 is X and 11 is 0."""
    total = sum(int(char, 36) * w for char, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def _what_is_wrong(code: str) -> str:
    if len(code) != len(_WEIGHTS) + 1:
        return "uscc_length"
    return "uscc_letter" if re.search("[IOSVZ]", code) else "uscc_format"
