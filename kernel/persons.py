"""The words for a person's particulars, used by tables and by rules alike.

They stand here because models may not import rules, and rules are to be read without a database.
"""

from enum import StrEnum


class DocumentKind(StrEnum):
    """Kinds of personal documents, named as in domain.md 3.2."""

    CN_RIC = "CN_RIC"  # 居民身份证
    HMT_RP = "HMT_RP"  # 港澳居民居住证, 台湾居民居住证
    HM_PASS = "HM_PASS"  # noqa: S105 港澳居民来往内地通行证
    TW_PASS = "TW_PASS"  # noqa: S105 台湾居民来往大陆通行证
    FPR_2023 = "FPR_2023"  # 外国人永久居留身份证, 18 digits
    FPR_2017 = "FPR_2017"  # 外国人永久居留身份证, 3 letters and 12 digits
    PASSPORT = "PASSPORT"  # 护照


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Education(StrEnum):
    PRIMARY = "primary"
    JUNIOR_SECONDARY = "junior_secondary"
    VOCATIONAL = "vocational"
    SENIOR_SECONDARY = "senior_secondary"
    COLLEGE = "college"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTOR = "doctor"


class EmploymentStatus(StrEnum):
    EMPLOYED = "employed"  # 在岗
    WAITING = "waiting"  # 待岗
    FLEXIBLE = "flexible"  # 灵活就业
    UNEMPLOYED = "unemployed"  # 失业
    RETIRED = "retired"  # 退休


class HardshipLevel(StrEnum):
    """Sensitive: for the aid role only (domain.md 2.2)."""

    NONE = "none"
    DEEP = "deep"  # 深度困难
    RELATIVE = "relative"  # 相对困难
    ACCIDENTAL = "accidental"  # 意外致困


class Mode(StrEnum):
    """Whose documents a deployment takes: nobody's real ones, or only real ones (R05)."""

    DEMO = "demo"
    PRODUCTION = "production"
