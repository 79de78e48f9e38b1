"""A small business day over HTTP, then another on the same date, each number known beforehand."""

import json

import pytest
from sqlalchemy import select

from app.demo.day.desk import Desk
from finance.models import BankLine, Match, Payment
from kernel.clock import shanghai_date, shanghai_month, utc_now
from kernel.db import transaction
from tests.browser import Window

SIZE = 8
# Of a bill of ¥300 the union bears 5 % at the first merchant, ¥40 at the second, ¥29 at the third.
# Members 1, 2, 3, 5, 6, 7 and 8 buy there in turn; the fifth's sale is voided, a fifth of the
# sixth's taken back, and the fourth has lost the card.
FIRST_UNION_FEN = 2 * 15_00 + 2 * 40_00 + 29_00 + (29_00 - 5_80)
# The second day goes to the next three: ¥20 from ¥200, a ticket of ¥30 for ¥1, and a tenth.
SECOND_UNION_FEN = 2 * 20_00 + 2 * 29_00 + 30_00 + (30_00 - 6_00)
CLAIMS_FEN = 1_920_00 + 960_00
SUBSIDIES_FEN = 2 * 300_00
SOURCES = {"redemption", "aid_claim", "enrolment"}


class Driver:
    """`flask demo day` on a served town, and what its trace answers."""

    def __init__(self, town, app):
        self.town = town
        self.runner = app.test_cli_runner()
        self.file = town.service.settings.data_dir / "demo.json"
        self.file.write_text(json.dumps(town.demo | {"base_url": town.base_url}))
        self.auditor = None

    def run(self, *options):
        file = str(self.file)
        return self.runner.invoke(args=["demo", "day", "--demo-file", file, *options])

    def drive(self):
        done = self.run("--size", str(SIZE), "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout.splitlines()[-1])

    def trace(self, line_id):
        if self.auditor is None:
            staff = json.loads(self.file.read_text())["staff"]
            person = next(each for each in staff if each["role"] == "auditor")
            self.auditor = Desk(self.town.base_url, person).sign_in()
        return self.auditor.download(f"/api/v1/trace/bank_line/{line_id}").json()


def expected(*, union_fen, lines):
    owed_fen = union_fen + CLAIMS_FEN + SUBSIDIES_FEN
    return {
        "members": SIZE,
        "tills": 3,
        "sales": {
            "captured": 6,
            "held_first": 1,
            "voided": 1,
            "partly_reversed": 1,
            "codes_refused": {"lost": 1, "stale": 1, "replayed": 1},
            "union_fen": union_fen,
        },
        "claims": {"approved": 2, "returned_for_papers": 1, "fen": CLAIMS_FEN},
        "training": {"seats": 2, "promoted": 1, "lapsed": 1, "completed": 2, "fen": SUBSIDIES_FEN},
        "statements": {
            "approved": 3,
            "lines": lines,
            "payable_fen": union_fen,
            "disputed": 1,
            "kept_for_next": 0,
        },
        # Three funds of statements, two subsidies, two claims; an allocation, a return, a fee.
        "payments": {
            "batches": 3,
            "payments": 8,
            "owed_fen": owed_fen,
            "returned": 1,
            "bank_lines": 11,
        },
    }


def look_around(chromium, driver, *, line_id):
    """Walk the tutorial's pages as the auditor; return what is wrong with each."""
    cookies = driver.auditor.http.cookies
    faults = {}
    for language in ("en", "zh-CN"):
        with Window(chromium, driver.town.base_url, language=language) as window:
            window.context.add_cookies(
                [
                    {"name": each.name, "value": each.value, "url": driver.town.base_url}
                    for each in cookies
                ]
            )
            for name, path in (
                ("overview", ""),
                ("statements", "/statements"),
                ("payments", "/payments"),
                ("exceptions", "/exceptions"),
                ("trace", f"/trace/bank_line/{line_id}"),
                ("close", f"/close/{shanghai_month(shanghai_date(utc_now()))}"),
            ):
                answer = window.page.goto(f"/desk/finance{path}")
                window.shoot(f"closed-day-{name}-{language}")
                faults[f"{name} {language}"] = [*window.faults(), *window.complaints]
                assert answer.status == 200, path
    return {name: found for name, found in faults.items() if found}


@pytest.mark.service
@pytest.mark.browser
def test_two_days_on_one_date_end_with_every_residual_zero_and_every_bank_line_traced(
    town, app, chromium
):
    driver = Driver(town, app)
    nobody = driver.run("--base-url", "http://127.0.0.1:9")
    assert "Nobody answers at http://127.0.0.1:9." in nobody.output

    first = driver.drive()
    second = driver.drive()

    for day in (first, second):
        residuals = day.pop("residuals")
        assert len(residuals) > 5
        assert set(residuals.values()) == {0}
    # Seven sales, a void, a reversal; the till pays a yuan more for the first merchant's first line
    # on its next statement.
    assert first == expected(union_fen=FIRST_UNION_FEN, lines=9)
    assert second == expected(union_fen=SECOND_UNION_FEN, lines=9)

    with transaction() as session:
        lines = session.scalars(select(BankLine).order_by(BankLine.seq)).all()
        paid = set(session.scalars(select(Match.bank_line_id)))
        states = session.scalars(select(Payment.state)).all()
    assert len(lines) == 22
    assert sorted(states) == ["paid"] * 14 + ["returned"] * 2
    # What nothing explains is named: a fee and an allocation a day.
    assert len(paid) == 18
    balance = lines[0].balance_fen - lines[0].amount_fen
    for line in lines:
        balance += line.amount_fen
        assert line.balance_fen == balance
        kinds = {node["kind"] for node in driver.trace(line.id)["nodes"]}
        assert bool(kinds & SOURCES) == (line.id in paid), (line.summary, kinds)
    assert look_around(chromium, driver, line_id=min(paid)) == {}


def test_without_a_demo_city_there_is_no_day(app, committed):
    done = app.test_cli_runner().invoke(args=["demo", "day"])

    assert done.exit_code == 1
    assert "There is no demo city yet" in done.output
