"""Bank lines, matching and exceptions in a real browser, in both languages."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from finance.models import BankLine, Discrepancy
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.secrets import new_token
from tests.browser import Window
from tests.make import NOW
from tests.make.bank import bank_file
from tests.make.maker import Maker
from tests.service import Service

pytestmark = pytest.mark.browser

FIRST = NOW.replace(day=1)
LANGUAGES = ("zh-CN", "en")
LATER = ("2026-11-09", -12_00, "工本费")


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """A service whose account has matched, unmatched and returned lines, and two who look."""
    settings = settings_for(databases.copy())
    engine = create_engine(settings.database_url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        make = Maker(session)
        city = make.union(code="SZ", name="深圳市总工会(演示)")
        paid, returned, open_one = (
            make.sent_payment(sent_at=FIRST, payee=name)
            for name in ("演示餐饮商户02", "演示影院商户11", "演示洗车商户05")
        )
        make.bank_import(
            ("2026-11-02", -52_50, f"结算 {paid.reference}", "演示餐饮商户02"),
            ("2026-11-02", -52_50, f"结算 {returned.reference}", "演示影院商户11"),
            ("2026-11-03", 52_50, f"退汇 {returned.reference}", "演示影院商户11"),
            ("2026-11-04", -52_50, "转账", "演示洗车商户05"),
            ("2026-11-05", -3_50, "手续费"),
            ("2026-11-06", 50_000_00, "拨付11月普惠经费", "深圳市总工会(演示)"),
        )

        def cookie(role):
            token = new_token()
            make.staff_session(make.staff(role, union=city), token=token, at=utc_now())
            return token

        found = SimpleNamespace(
            maker=cookie(Role.FINANCE_MAKER),
            checker=cookie(Role.FINANCE_CHECKER),
            lines=dict(session.execute(select(BankLine.seq, BankLine.id)).all()),
            exception=session.scalars(
                select(Discrepancy.id).where(Discrepancy.code == "bank_fee")
            ).one(),
            payment=open_one,
        )
    engine.dispose()
    with Service(settings) as service:
        found.base_url = service.base_url
        yield found


@pytest.fixture
def desk_of(chromium, served):
    """Return a function: a window in which a cookie's holder is at the desk."""
    windows = []

    def open_window(cookie, **options):
        window = Window(chromium, served.base_url, **options)
        window.sign_in_at_desk(cookie)
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        window.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_bank_is_fit_for_everybody(served, desk_of, language):
    window = desk_of(served.maker, language=language)
    seen = {}
    pages = {
        "accounts": "/bank",
        "lines": "/bank/lines?show=all",
        "none": "/bank/lines?text=x",
        "line": f"/bank/lines/{served.lines[4]}?find=演示",
        "matched": f"/bank/lines/{served.lines[1]}",
        "matches": "/bank/matches",
        "exceptions": "/exceptions",
        "exception": f"/exceptions/{served.exception}",
    }
    for name, path in pages.items():
        window.page.goto(f"/desk/finance{path}")
        window.shoot(f"bank-{name}-{language}")
        seen[name] = window.faults()

    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert window.complaints == []


def test_a_file_is_taken_in_and_a_line_matched_then_undone(served, desk_of):
    maker = desk_of(served.maker)
    page = maker.page
    page.goto("/desk/finance/bank")
    wrong = bank_file(LATER, opening_fen=1_00)
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "wrong.csv", "mimeType": "text/csv", "buffer": wrong}
    )
    maker.follow(page.get_by_role("button", name="Take in the file"))
    expect(page.get_by_role("alert")).to_contain_text("Lines are missing")
    maker.shoot("bank-refused")
    assert maker.faults() == []
    content = bank_file(LATER, opening_fen=249_891_50)
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "more.csv", "mimeType": "text/csv", "buffer": content}
    )
    maker.follow(page.get_by_role("button", name="Take in the file"))
    expect(page.get_by_role("status")).to_contain_text("1 lines, 1 of them new")
    maker.shoot("bank-taken-in")

    page.goto(f"/desk/finance/bank/lines/{served.lines[4]}")
    maker.follow(page.get_by_role("button", name="Match: it paid this").first)
    expect(page.get_by_role("status")).to_contain_text("Matched.")
    maker.shoot("bank-line-matched")

    checker = desk_of(served.checker)
    checker.page.goto(f"/desk/finance/bank/lines/{served.lines[4]}")
    checker.page.get_by_label("Why it is wrong").fill("误配")
    checker.page.once("dialog", lambda dialog: dialog.accept())
    checker.follow(checker.page.get_by_role("button", name="Undo the match"))
    expect(checker.page.get_by_role("status")).to_contain_text("Undone")
    checker.shoot("bank-line-undone")
    assert checker.faults() == []
    assert maker.complaints + checker.complaints == []


def test_a_line_fits_a_phone(served, desk_of):
    window = desk_of(served.maker, language="zh-CN", size=(390, 844))
    window.page.goto(f"/desk/finance/bank/lines/{served.lines[4]}")
    window.shoot("bank-line-phone")

    assert window.faults() == []
