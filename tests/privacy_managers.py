"""Enters what managers of merchants type into their pages, for tests/test_privacy.py."""

import re

import requests
from stdnum import luhn

from tests.make.merchants import synthetic_uscc

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_ACCOUNT = "629999741174117"
# What must be found nowhere, by where it was entered.
PLANTED_BY_MANAGERS = {
    "an applicant's name": "欧阳申请",
    "an applicant's phone": "15400007411",
    "an applicant's account": _ACCOUNT + luhn.calc_check_digit(_ACCOUNT),
    "an applicant's account holder": "钟离开户",
    "a refused applicant's phone": "15400007422",
    "an invited manager's name": "上官店长",
    "an invited manager's phone": "15400007433",
    "a clerk's name": "东方店员",
    "a manager's phone that nobody has": "15400007444",
}
# Clear on purpose: it proves that the dump holds what was entered in this run.
APPLICANT_SHOP = "珊瑚对照小馆"


def said(answer):
    """Return the status of a page and what it says is wrong."""
    return answer.status_code, re.findall(r'href="#(\w+)">', answer.text)


class ManagersPages:
    """The pages of managers of a served town, from a browser without scripts."""

    def __init__(self, town):
        self.home = f"{town.base_url}/scan/manager"
        self.code = town.demo["sign_in_code"]
        self.manager = town.demo["managers"][0]
        self.http = requests.Session()

    def send(self, path, *, on, **typed):
        page = self.http.get(f"{self.home}/{on}", timeout=30)
        form = {"csrf_token": _TOKEN.search(page.text)[1]} | typed
        return self.http.post(f"{self.home}/{path}", data=form, timeout=30, allow_redirects=False)

    def enter(self):
        self.apply()
        self.sign_in(PLANTED_BY_MANAGERS["a manager's phone that nobody has"], expected=409)
        self.sign_in(self.manager["phone"], expected=303)
        invited = self.send(
            "managers",
            on="managers",
            name=PLANTED_BY_MANAGERS["an invited manager's name"],
            phone=PLANTED_BY_MANAGERS["an invited manager's phone"],
        )
        sites = re.findall(
            r'<option value="([0-9a-f-]{36})"',
            self.http.get(f"{self.home}/clerks", timeout=30).text,
        )
        clerk = self.send(
            "clerks", on="clerks", name=PLANTED_BY_MANAGERS["a clerk's name"], site_id=sites[0]
        )
        assert (invited.status_code, clerk.status_code) == (303, 200)

    def apply(self):
        """Apply with a wrong credit code, then with a right one."""
        form = {
            "name": APPLICANT_SHOP,
            "uscc": synthetic_uscc(7411),
            "category": "餐饮",
            "district": "龙岗区",
            "site_name": "珊瑚店",
            "address": "演示路7411号",
            "account_number": PLANTED_BY_MANAGERS["an applicant's account"],
            "account_holder": PLANTED_BY_MANAGERS["an applicant's account holder"],
            "manager_name": PLANTED_BY_MANAGERS["an applicant's name"],
            "phone": PLANTED_BY_MANAGERS["an applicant's phone"],
            "code": self.code,
        }
        wrong = form | {
            "phone": PLANTED_BY_MANAGERS["a refused applicant's phone"],
            "uscc": "91440399MA0007001X",
        }
        for each, expected in ((wrong, 422), (form, 303)):
            assert self.send("apply/code", on="apply", **each).status_code == 200
            answer = self.send("apply", on="apply", **each)
            assert answer.status_code == expected, said(answer)

    def sign_in(self, phone, *, expected):
        assert self.send("sign-in", on="sign-in", phone=phone).status_code == 200
        answer = self.send("sign-in/code", on="sign-in", phone=phone, code=self.code, next="")
        assert answer.status_code == expected, said(answer)
