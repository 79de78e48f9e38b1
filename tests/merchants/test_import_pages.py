"""A merchants file at the desk: upload, preview, import, and the refused lines back."""

import io
import re
from datetime import timedelta

import pytest
from openpyxl import Workbook, load_workbook

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.uscc import check_character
from merchants.models import Merchant, MerchantFile
from tests.merchants.conftest import BAOAN, CITY, dump
from tests.merchants.test_imports import FILE, file_of, rows_of

UPLOAD = "/desk/merchant-files"
WRONG_USCC = rows_of()[6]["统一社会信用代码"]


@pytest.fixture
def designer(make, unions, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY]))


def upload(desk, content=FILE, name="merchants.csv"):
    return desk.send(UPLOAD, file=(io.BytesIO(content), name))


def uploaded(desk, content=FILE):
    """Upload a file and return the path of its preview."""
    answer = upload(desk, content)
    assert answer.status_code == 303, answer.text
    return answer.location


def figures(page):
    return [int(count) for count in re.findall(r'class="figure">(\d+)<', page.text)]


def test_the_preview_counts_and_imports_nothing(designer, session):
    page = designer.open(uploaded(designer))

    assert figures(page) == [39, 0, 0, 1]
    assert WRONG_USCC in page.text  # the refused line as it stands in the file
    assert session.query(Merchant).count() == 0


def test_the_import_takes_the_good_lines_once(designer, session):
    path = uploaded(designer)

    assert designer.send(path).status_code == 303

    page = designer.open(path)
    assert figures(page) == [0, 0, 39, 1]
    assert session.query(Merchant).count() == 39
    again = designer.client.post(path, data={"csrf_token": designer.token("/desk/account")})
    assert again.status_code == 409
    assert session.query(Merchant).count() == 39


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_refused_lines_come_back_with_their_cells_and_the_reason(designer, file_format):
    path = uploaded(designer)

    answer = designer.open(f"{path}/refused?format={file_format}")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    if file_format == "csv":
        lines = answer.get_data().decode("utf-8-sig").splitlines()
        cells = [line.split(",") for line in lines]
    else:
        sheet = load_workbook(io.BytesIO(answer.get_data())).active
        cells = [[str(cell.value) for cell in row] for row in sheet]
    assert cells[0][:2] == ["商户名称", "统一社会信用代码"]
    assert cells[1][:2] == ["演示药店商户07", WRONG_USCC]
    assert cells[1][-3:-1] == ["8", "uscc_checksum"]
    assert len(cells) == 2


def test_a_mended_file_adds_the_line_that_was_refused(designer, session):
    designer.send(uploaded(designer))
    mended = [
        row | {"统一社会信用代码": WRONG_USCC[:17] + check_character(WRONG_USCC[:17])}
        if row["商户名称"] == "演示药店商户07"
        else row
        for row in rows_of()
    ]

    path = uploaded(designer, file_of(mended))

    assert figures(designer.open(path)) == [1, 0, 39, 0]
    designer.send(path)
    assert session.query(Merchant).count() == 40


def test_a_file_is_kept_sealed_and_not_for_ever(designer, session):
    uploaded(designer)
    kept = session.query(MerchantFile).one()

    dumped = dump(session, "merchant_files")
    assert b"6299992366649361".hex() not in dumped
    kept.uploaded_at = utc_now() - timedelta(days=31)
    session.flush()
    uploaded(designer)

    assert session.query(MerchantFile).count() == 1


def workbook(columns):
    book = Workbook()
    book.active.append([f"列{number}" for number in range(columns)])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        ("商户名称,类别\n甲,乙\n".encode(), 422),
        (workbook(60), 422),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), 415),
        (b"PK\x03\x04" + bytes(200), 422),
        (file_of(rows_of()[:1] * 501), 413),
    ],
)
def test_what_is_no_merchants_file_is_refused_in_words(designer, session, content, status):
    answer = upload(designer, content)

    assert answer.status_code == status
    assert 'id="file-fault"' in answer.text
    assert session.query(MerchantFile).count() == 0


def test_no_file_at_all_is_asked_for_again(designer):
    assert designer.send(UPLOAD).status_code == 422


def test_a_request_larger_than_any_file_is_refused(designer):
    answer = designer.client.post(
        UPLOAD, data=bytes(3 * 1024 * 1024), content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 413


def test_only_the_city_imports_and_only_ones_own_file(make, unions, signed_in, designer):
    path = uploaded(designer)
    district = signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=unions[BAOAN]))
    colleague = signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY]))
    auditor = signed_in(make.staff(Role.AUDITOR, union=unions[CITY]))

    for desk, status in ((district, 403), (colleague, 404), (auditor, 403)):
        token = {"csrf_token": desk.token("/desk/account")}
        assert desk.open(path).status_code == status
        assert desk.open(f"{path}/refused").status_code == status
        assert desk.client.post(path, data=token).status_code == status
    for desk in (district, auditor):
        assert desk.open(UPLOAD).status_code == 403
        token = {"csrf_token": desk.token("/desk/account")}
        assert desk.client.post(UPLOAD, data=token).status_code == 403


def test_a_file_that_is_not_there_is_not_found(designer):
    assert designer.open(f"{UPLOAD}/{new_id()}").status_code == 404
