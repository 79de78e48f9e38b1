"""Synthetic people for rosters: documents of a county that does not exist, phones of nobody."""

from stdnum.iso7064 import mod_11_2

ROSTER_HEADING = (
    "姓名,证件类型,证件号码,证件有效期止,手机号码,性别,文化程度,就业状况,是否农民工,困难职工类别,"
    "工会组织代码,工会组织名称,入会日期,备注"
)


def resident_number(born, number):
    """Return a valid resident number of county 440399 for a day of birth such as "19900307"."""
    body = f"440399{born}{number:03d}"
    return body + mod_11_2.calc_check_digit(body)


def roster_line(*, name, document, phone, union, union_name="", remark=""):
    return (
        f"{name},居民身份证,{document},2035-01-01,{phone},女,本科,在岗,否,,"
        f"{union},{union_name},2020-05-01,{remark}"
    )


def roster(*lines):
    """Return a roster file as bytes, as a spreadsheet program saves CSV."""
    return "\r\n".join([ROSTER_HEADING, *lines, ""]).encode("utf-8-sig")
