"""`flask finance import-bank FILE`, on a database without staff."""

import json

import pytest
from sqlalchemy import func, select

from finance.models import BankFile
from staff.models import StaffAccount
from tests.make.bank import ACCOUNT, bank_file


@pytest.fixture
def run(app, session, tmp_path):
    """Return a function: import a file's content from the command line; the result."""

    def command(content, *options):
        file = tmp_path / "bank.csv"
        file.write_bytes(content)
        return app.test_cli_runner().invoke(args=["finance", "import-bank", str(file), *options])

    return command


def test_a_file_is_imported_once(session, run):
    assert session.scalars(select(func.count()).select_from(StaffAccount)).one() == 0
    content = bank_file(("2026-11-05", -3_50, "手续费"), ("2026-11-06", 9_00, "拨付经费"))

    first, again = run(content, "--json"), run(content, "--json")

    assert first.exit_code == again.exit_code == 0, first.output
    assert json.loads(first.output.splitlines()[-1]) == {
        "account": ACCOUNT,
        "lines": 2,
        "new": 2,
        "matched": 0,
        "named": 2,
    }
    assert json.loads(again.output.splitlines()[-1])["new"] == 0
    assert session.scalars(select(BankFile.imported_by)).all() == [None]


def test_a_refused_file_is_a_sentence_with_its_place(run):
    result = run(bank_file(("2031-11-05", -3_50, "手续费")))

    assert result.exit_code == 1
    assert "The file has a line from the future" in result.output
    assert '"line": 3' in result.output
