"""One mask per field for the whole product (domain.md 4.2, R27).

Two masks of one field that show different halves could be joined, so no screen, export or message
makes its own. Each function takes any text and never shows more than its table allows: what does
not have the expected form is hidden whole.
"""

import re
from unicodedata import name

_HIDDEN = "***"
_LONG_NAME = 4
_EIGHTEEN = 18
_PASS_LENGTH_MIN = 6  # below it, first one and last two would be half of the number
_TAIL = 4

# Words that belong to a road or a house end the search: nothing below a street's name is shown.
_PLACE = r"[一-鿿㐀-䶿](?:(?![路街巷弄号栋楼室道])[一-鿿㐀-䶿]){0,9}?"
_TO_STREET = re.compile(
    rf"(?:{_PLACE}(?:省|自治区|特别行政区))?(?:{_PLACE}(?:市|自治州|地区|盟))?"
    rf"(?:{_PLACE}(?:新区|合作区|区|县|旗|市))?(?:{_PLACE}(?:街道|镇|乡))?"
)


def mask_name(text: str) -> str:
    """张明 → 张*, 张小明 → 张*明, 欧阳小明 → 欧**明, JOHN SMITH → J*** S****. Dots count."""
    if _is_latin(text):
        return " ".join(word[0] + "*" * (len(word) - 1) for word in text.split())
    if len(text) <= 1:
        return "*" * len(text)
    if len(text) < _LONG_NAME - 1:
        return text[0] + "*"
    return text[0] + "*" * (len(text) - 2) + text[-1]


def mask_document(number: str) -> str:
    """440399199003070022 → 4403**********0022; passes and passports: H00000000 → H******00."""
    if len(number) == _EIGHTEEN:
        return number[:_TAIL] + "*" * 10 + number[-_TAIL:]
    if len(number) < _PASS_LENGTH_MIN:
        return "*" * len(number)
    return number[0] + "*" * (len(number) - 3) + number[-2:]


def mask_phone(phone: str) -> str:
    """+8615400000001 or 15400000001 → 154****0001; any other: the last four digits."""
    mainland = re.fullmatch(r"(?:\+86)?(1\d{2})\d{4}(\d{4})", phone, re.ASCII)
    if mainland:
        return f"{mainland.group(1)}****{mainland.group(2)}"
    digits = re.sub(r"[^0-9]", "", phone)
    return "****" + digits[-_TAIL:] if len(digits) > _TAIL else "*" * len(phone)


def mask_bank_account(number: str) -> str:
    """6299990000000017 → **** **** **** 0017: the last four only, of any length."""
    digits = "".join(number.split())
    return "**** **** **** " + digits[-_TAIL:] if len(digits) > 2 * _TAIL else "*" * len(digits)


def mask_address(address: str) -> str:
    """深圳市南山区粤海街道科技路1号 → 深圳市南山区粤海街道***: to street level, never below it."""
    found = _TO_STREET.match(address)
    return (found.group() if found else "") + _HIDDEN if address.strip() else ""


def mask_email(address: str) -> str:
    """someone@example.org → s***@example.org; what is no address is hidden whole."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain:
        return _HIDDEN if address.strip() else ""
    return f"{local[0]}{_HIDDEN}@{domain}"


def _is_latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 1 and all(
        char.isascii() or name(char, "").startswith("LATIN") for char in letters
    )
