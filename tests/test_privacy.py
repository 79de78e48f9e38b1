"""Nothing that people entered can be read in a dump of the database or in a log of that day."""

import base64
import hashlib
import io
import os
import subprocess
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine, text
from stdnum import luhn

from aid.services import enrol_member, load_schemes
from bench.programmes import approve_all
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.phones import parse_phone
from kernel.secrets import blind_index
from members.queries import member_by_phone_index
from members.rules import PHONE_FIELD
from tests.desk import Desk
from tests.drive import Phone, answered
from tests.make.aid import INPATIENT, PAPER_KINDS, pdf
from tests.make.merchants import synthetic_uscc
from tests.people import resident_number, roster, roster_line
from tests.privacy_managers import APPLICANT_SHOP, PLANTED_BY_MANAGERS, ManagersPages
from tests.spellings import spellings
from tools import binaries
from tools.paths import SCRATCH
from tools.postgres import Cluster

UNION = "SZ-LG"
IMPORTED = resident_number("19880229", 517)
UPLOADED = resident_number("19920615", 733)
IMPOSSIBLE = "440399199002305551"
MERCHANT_HEADING = (
    "商户名称,统一社会信用代码,类别,区,门店名称,门店地址,结算账号,开户名,"
    "优惠方式,优惠说明,工会承担比例"
)


def _account(body):
    return body + luhn.calc_check_digit(body)


# Clear on purpose: it proves that the dump holds what was entered in this run.
SHOP = "琥珀对照商户"
# What must be found nowhere, by where it was entered.
PLANTED = {
    "an imported name": "尉迟琥珀",
    "an imported document": IMPORTED,
    "an imported phone": "15400007311",
    "an imported remark": "备注暗号鹧鸪天",
    "a refused name": "澹台鹿鸣",
    "a refused document": IMPOSSIBLE,
    "a refused phone": "15400007322",
    "an uploaded name": "令狐秋水",
    "an uploaded document": UPLOADED,
    "an uploaded phone": "15400007333",
    "the name of an upload": "令狐名册终稿",
    "a name that did not match": "司徒错金",
    "a name that never matched": "申屠银屏",
    "a phone that nobody has": "15400007344",
    "a phone in broken JSON": "15400007355",
    "a name in broken JSON": "呼延断句",
    "a document as a field": "440399195505055558",
    "a phone in an address": "15400007366",
    "a name searched for": "皇甫寻踪",
    "an invoice": "FP70017311",
    "a stay": "ZY70017322",
    "a hospital": "鹧鸪湾演示医院",
    "words of a paper": "discharge of amber-7311",
    "a note of an officer": "请补鹧鸪湾发票",
    "an account": _account("629999731173117"),
    "an account holder": "端木开户",
    "a refused account": _account("629999732273227"),
    "a mistyped account": "62999973337333",
    "a username that was a phone": "15400007377",
    "a phone when all broke": "15400007388",
    "words of a text message": "请勿告诉任何人",
    "words of one in English": "our staff never ask",
} | PLANTED_BY_MANAGERS


def found_in(haystack):
    """Return which planted values a text holds, in whatever spelling."""
    folded = haystack.lower()
    return {
        where
        for where, value in PLANTED.items()
        for spelling in spellings(value)
        # Hexadecimal may be written in capitals; Base64 may not be folded.
        if spelling in haystack or spelling.lower() in folded
    }


@pytest.mark.parametrize("value", PLANTED.values())
@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_the_search_sees_through_encodings(value, before):
    raw = f"{before}{value}, and more".encode()
    digest = hashlib.sha256(value.encode())

    for haystack in (
        raw.decode(),
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        f"{value!a}",
        digest.hexdigest(),
    ):
        assert value in {PLANTED[where] for where in found_in(haystack)}, haystack


class Entering:
    """Enters every planted value through the interface of a served town."""

    def __init__(self, town, folder):
        self.town = town
        self.folder = folder
        self.staff = {person["username"]: person for person in town.demo["staff"]}
        self.said = []
        person = {
            "name": PLANTED["an imported name"],
            "phone": PLANTED["an imported phone"],
            "document_tail": IMPORTED[-4:],
        }
        self.phone = Phone(town.base_url, person, sign_in_code=town.demo["sign_in_code"])

    def flask(self, *arguments):
        """Run a command; what it says to its operator counts as a log."""
        self.said.append(self.town.service.flask(*arguments))

    def desk(self, username):
        return Desk(self.town.base_url, self.staff[username]).sign_in()

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def rosters(self):
        taken = roster_line(
            name=PLANTED["an imported name"],
            document=IMPORTED,
            phone=PLANTED["an imported phone"],
            union=UNION,
            remark=PLANTED["an imported remark"],
        )
        refused = roster_line(
            name=PLANTED["a refused name"],
            document=IMPOSSIBLE,
            phone=PLANTED["a refused phone"],
            union=UNION,
        )
        self.flask("members", "import", self.file("r.csv", roster(taken, refused)), "--json")
        uploaded = roster_line(
            name=PLANTED["an uploaded name"],
            document=UPLOADED,
            phone=PLANTED["an uploaded phone"],
            union=UNION,
        )
        self.officer = self.desk("register")
        name = f"{PLANTED['the name of an upload']}.csv"
        self.officer.send(
            "/desk/register/imports",
            files={"file": (name, io.BytesIO(roster(uploaded, refused)), "text/csv")},
        )
        self.flask("worker", "--until-idle")
        self.officer.open(f"/desk/register/members?text={PLANTED['a name searched for']}")

    def sign_ins(self):
        """Five that do not match, one that does, and what is no sign-in at all."""
        code = self.town.demo["sign_in_code"]
        stranger = {"phone": PLANTED["a phone that nobody has"], "code": code}
        consents = [{"purpose": "card_real_name", "version": 1}]
        ask = self.phone.post
        answered(ask("/members/sign-in/code", phone=stranger["phone"]), 202)
        wrong = {"name": PLANTED["a name that never matched"], "document_tail": "0000"}
        for _ in range(2):
            refused = ask("/members/sign-in", **stranger, **wrong, consents=consents)
            assert refused.status_code in (401, 409)
        answered(ask("/members/sign-in/code", phone=PLANTED["an imported phone"]), 202)
        mismatch = ask(
            "/members/sign-in",
            phone=PLANTED["an imported phone"],
            code=code,
            name=PLANTED["a name that did not match"],
            document_tail=IMPORTED[-4:],
            consents=consents,
        )
        assert answered(mismatch, 409)["code"] == "real_name_mismatch"
        self.fail_five_times()

    def fail_five_times(self):
        """Make a correction request, as five mismatches do: the code is sent anew in between."""
        phone = PLANTED["a phone that nobody has"]
        index = blind_index(PHONE_FIELD, parse_phone(phone))
        for _ in range(5):
            with transaction() as session:
                session.execute(
                    text(
                        "UPDATE sign_in_codes SET used_at = NULL, tries = 0,"
                        " sent_at = sent_at - interval '2 minutes' WHERE phone_index = :phone"
                    ),
                    {"phone": index},
                )
            self.phone.post("/members/sign-in/code", phone=phone)
            last = self.phone.post(
                "/members/sign-in",
                phone=phone,
                code=self.town.demo["sign_in_code"],
                name=PLANTED["a name that never matched"],
                document_tail="0000",
                consents=[{"purpose": "card_real_name", "version": 1}],
            )
        assert answered(last, 409)["code"] == "correction_requested"

    def bad_requests(self):
        base, http = f"{self.town.base_url}/api/v1", self.phone.http
        broken = (
            f'{{"phone": "{PLANTED["a phone in broken JSON"]}",'
            f' "name": "{PLANTED["a name in broken JSON"]}"'
        )
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = http.post(
                f"{base}/members/sign-in",
                data=broken.encode(),
                headers={"Content-Type": kind},
                timeout=30,
            )
            assert answer.status_code in (400, 415)
        unknown = self.phone.post("/members/sign-in", **{PLANTED["a document as a field"]: "x"})
        assert unknown.status_code == 422
        assert http.get(f"{base}/{PLANTED['a phone in an address']}", timeout=30).status_code == 404
        assert self.phone.get("/members", text=PLANTED["a phone in an address"]).status_code == 401
        refused = Desk(self.town.base_url, self.staff["designer"]).try_to_send(
            "/desk/sign-in",
            username=PLANTED["a username that was a phone"],
            password=PLANTED["a document as a field"],
        )
        assert refused.status_code == 401

    def claim(self):
        """Sign in, take a card, claim aid; an officer sends the claim back with a note."""
        with transaction() as session:
            session.execute(text("UPDATE sign_in_codes SET sent_at = sent_at - interval '1 hour'"))
        self.phone.sign_in()
        assert self.phone.post("/cards/me").status_code in (200, 201)
        today = shanghai_date(utc_now())
        with transaction() as session:
            index = blind_index(PHONE_FIELD, parse_phone(PLANTED["an imported phone"]))
            load_schemes(session, actor=SYSTEM, now=utc_now())
            approve_all(session, now=utc_now())
            enrol_member(
                session,
                member_id=member_by_phone_index(session, phone_index=index).id,
                scheme_code=INPATIENT,
                starts_on=today - timedelta(days=200),
                actor=SYSTEM,
                now=utc_now(),
            )
        agreed = [
            {"purpose": each["purpose"], "version": each["version"]}
            for each in answered(self.phone.get("/members/me/consents"), 200)["items"]
        ]
        answered(self.phone.post("/members/me/consents", consents=agreed), 200)
        claim = self.phone.post(
            "/aid/claims",
            id=str(new_id()),
            scheme=INPATIENT,
            event_type="illness",
            event_date=(today - timedelta(days=9)).isoformat(),
            lines=[
                {
                    "invoice_no": PLANTED["an invoice"],
                    "hospital": PLANTED["a hospital"],
                    "admission_no": PLANTED["a stay"],
                    "pool_paid_fen": 1_000_000,
                    "self_paid_fen": 200_000,
                    "days": 6,
                }
            ],
            documents=[self.hand_in(kind) for kind in PAPER_KINDS[INPATIENT]],
        )
        page = f"/desk/aid/{answered(claim, 201)['id']}"
        note = PLANTED["a note of an officer"]
        self.desk("assessor").send(f"{page}/return", page=page, version=1, note=note)

    def text_messages(self):
        """Let the worker hand out the codes and the notice that the claim is back."""
        self.flask("worker", "--until-idle")
        with transaction() as session:
            ended = session.execute(text("SELECT purpose, state FROM sms_messages")).all()
        assert {each.purpose for each in ended} == {"sign_in_code", "notice"}
        assert {each.state for each in ended} <= {"sent", "expired"}

    def hand_in(self, kind):
        content = pdf(f"{PLANTED['words of a paper']} {kind}")
        answer = self.phone.http.post(
            f"{self.town.base_url}/api/v1/aid/documents",
            data={"kind": kind},
            files={"file": ("x.pdf", content, "application/pdf")},
            timeout=30,
        )
        return answered(answer, 201)["id"]

    def merchants(self):
        line = (
            f"{SHOP},{synthetic_uscc(7311)},餐饮,龙岗区,琥珀店,演示路7311号,"
            f"{PLANTED['an account']},{PLANTED['an account holder']},percent,95,100"
        )
        refused = (
            f"坏行商户,不是代码,餐饮,龙岗区,坏行店,演示路1号,{PLANTED['a refused account']},"
            f"{PLANTED['an account holder']},percent,95,100"
        )
        content = f"{MERCHANT_HEADING}\n{line}\n{refused}\n".encode()
        designer = self.desk("designer")
        page = designer.send(
            "/desk/merchant-files", files={"file": ("m.csv", io.BytesIO(content), "text/csv")}
        )
        designer.send(page, page=page)
        wrong = designer.try_to_send(
            "/desk/merchants",
            page="/desk/merchants/new",
            kind="merchant",
            name="另一商户",
            uscc=synthetic_uscc(7322),
            category="餐饮",
            district="龙岗区",
            account_number=PLANTED["a mistyped account"],
            account_holder=PLANTED["an account holder"],
        )
        assert wrong.status_code == 422

    def break_all(self):
        """Take a table away and sign in: the database refuses a statement with a phone in it."""
        owner = create_engine(self.town.service.settings.database_owner_url)
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE sign_in_codes RENAME TO sign_in_codes_gone"))
        failed = self.phone.post("/members/sign-in/code", phone=PLANTED["a phone when all broke"])
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE sign_in_codes_gone RENAME TO sign_in_codes"))
        owner.dispose()
        assert failed.status_code == 500
        self.said.append(failed.text)


def dump_of(url):
    """Return the whole database as SQL: every table, bytes in hexadecimal."""
    parts = urlsplit(url)
    done = subprocess.run(
        [
            binaries.find_binaries() / "pg_dump",
            *("--host", parts.hostname, "--port", str(parts.port)),
            *("--username", parts.username, "--dbname", parts.path.lstrip("/")),
            *("--format", "plain", "--encoding", "UTF8", "--no-password"),
        ],
        env=os.environ | {"PGPASSWORD": parts.password},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def server_log():
    """Return what the tests' database server wrote down, in this run and before."""
    home = SCRATCH / "test" / binaries.major(binaries.find_binaries())
    return Cluster(home, durable=False)._log.read_text(errors="replace")


@pytest.mark.service
def test_a_dump_and_the_logs_hold_nothing_that_was_entered(town, tmp_path):
    entering = Entering(town, tmp_path)
    entering.rosters()
    entering.sign_ins()
    entering.bad_requests()
    entering.claim()
    ManagersPages(town).enter()
    entering.text_messages()
    entering.merchants()
    entering.break_all()

    dump = dump_of(town.service.settings.database_owner_url)
    log = town.service.log.read_text()

    tables = ("members", "correction_requests", "roster_import_refusals", "aid_claim_lines")
    assert all(f"COPY public.{table} " in dump for table in (*tables, "merchant_files"))
    tables = ("notices", "sms_messages", "merchant_managers", "manager_codes", "clerks")
    assert all(f"COPY public.{table} " in dump for table in tables)
    assert all(shop in dump for shop in (SHOP, APPLICANT_SHOP))
    assert found_in(dump) == set()
    for word in ("UndefinedTable", "members_api.sign_in 409", "to a number ending"):
        assert word in log
    assert found_in(log) == set()
    assert found_in("\n".join(entering.said)) == set()
    assert found_in(server_log()) == set()
