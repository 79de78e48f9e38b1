"""The phone's endpoints: what is answered, what is refused, and to whom nothing is there."""

import io
from datetime import timedelta

import pytest

from aid.models import AidClaim
from aid.rules import PAPER_BYTES_MAX
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from tests.make.aid import ALLOWANCE, INPATIENT, pdf

CLAIMS = "/api/v1/aid/claims"
DOCUMENTS = "/api/v1/aid/documents"
# Views read the clock, so these tests hold on any day.
TODAY = shanghai_date(utc_now())
COVERED_FROM = TODAY - timedelta(days=100)


class Phone:
    """Calls the API as one member, in English."""

    def __init__(self, client, token):
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def get(self, path):
        return self.client.get(path, headers=self.headers)

    def post(self, path, body=None, **options):
        return self.client.post(path, json=body, headers=self.headers, **options)

    def delete(self, path):
        return self.client.delete(path, headers=self.headers)

    def upload(self, content, *, kind="invoice", name="paper.pdf"):
        # Written out, since the test client leaves its temporary file open for a large one.
        head = f'--edge\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'
        head += f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        return self.client.post(
            DOCUMENTS,
            data=head.encode() + content + b"\r\n--edge--\r\n",
            content_type="multipart/form-data; boundary=edge",
            headers=self.headers,
        )

    def papers(self):
        kinds = ("settlement_sheet", "invoice", "discharge_summary")
        return [self.upload(pdf(str(new_id())), kind=kind).json["id"] for kind in kinds]


def body(**facts):
    number = str(new_id())
    line = {
        "invoice_no": f"INV-{number}",
        "hospital": "演示医院",
        "admission_no": f"ZY-{number}",
        "pool_paid_fen": 12_000_00,
        "self_paid_fen": 3_000_00,
        "days": 8,
    }
    return {
        "id": str(new_id()),
        "scheme": INPATIENT,
        "event_type": "illness",
        "event_date": (TODAY - timedelta(days=5)).isoformat(),
        "lines": [line],
        "documents": [],
    } | facts


@pytest.fixture
def sign_in(client, make):
    def phone(*schemes, **facts):
        member = make.covered_member(*schemes, starts_on=COVERED_FROM, **facts)
        token = f"ucm_{new_id()}"
        make.member_session(member, token=token)
        return Phone(client, token)

    return phone


@pytest.fixture
def phone(sign_in):
    return sign_in()


def test_a_claim_is_answered_step_by_step(phone):
    documents = phone.papers()

    answer = phone.post(CLAIMS, body(documents=documents))

    assert answer.status_code == 201
    assert answer.json["state"] == "submitted"
    assert answer.json["benefit_fen"] == 1_920_00
    steps = [(each["rule"], each["article"], each["amount_fen"]) for each in answer.json["steps"]]
    assert steps == [
        ("base", "4", 2_400_00),
        ("occurrence", "5", 1_920_00),
        ("total", "5", 1_920_00),
    ]
    assert answer.json["steps"][0]["article_text"].startswith("What counts is the self-paid part")
    assert answer.json["event_title"] == "Inpatient stay for an illness"
    assert answer.json["waiting_since"] == answer.json["submitted_at"]
    assert [each["kind"] for each in answer.json["paper_kinds"]] == [
        "settlement_sheet",
        "invoice",
        "discharge_summary",
    ]
    assert answer.json["missing_papers"] == []
    assert {each["id"] for each in answer.json["documents"]} == set(documents)
    assert "Idempotency-Replayed" not in answer.headers


def test_a_retry_hears_the_same_and_other_facts_are_refused(phone):
    asked = body(documents=phone.papers())
    first = phone.post(CLAIMS, asked)

    again = phone.post(CLAIMS, asked)
    other = phone.post(CLAIMS, asked | {"event_type": "accident"})

    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "request_key_reused")


def test_a_claim_says_what_is_missing(phone):
    answer = phone.post(CLAIMS, body())

    assert answer.status_code == 201
    assert [each["title"] for each in answer.json["missing_papers"]] == [
        "Insurance settlement sheet",
        "Hospital invoice",
        "Discharge summary",
    ]


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        ({"scheme": "NOTHING"}, 404, "aid_scheme_not_found"),
        ({"event_type": "war"}, 409, "aid_not_covered"),
        ({"event_date": COVERED_FROM.isoformat()}, 409, "aid_not_covered"),
        ({"documents": [str(new_id())]}, 404, "aid_document_not_found"),
    ],
)
def test_what_cannot_be_claimed_is_a_problem(phone, facts, status, code):
    answer = phone.post(CLAIMS, body(**facts))

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_no_claim_and_no_paper_without_consent(sign_in):
    phone = sign_in(consents=False)

    refused = phone.post(CLAIMS, body())
    paper = phone.upload(pdf())

    assert (refused.status_code, refused.json["code"]) == (409, "aid_consent_missing")
    assert {each["purpose"] for each in refused.json["facts"]["consents"]} == {
        "aid_health_data",
        "payout_account",
    }
    assert (paper.status_code, paper.json["code"]) == (409, "aid_consent_missing")

    phone.post("/api/v1/members/me/consents", {"consents": refused.json["facts"]["consents"]})
    assert phone.post(CLAIMS, body()).status_code == 201


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"id": "7"}, "id"),
        ({"event_date": "yesterday"}, "event_date"),
        ({"lines": []}, "lines"),
        ({"lines": [{"pool_paid_fen": 1}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"self_paid_fen": -1}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"self_paid_fen": 10**15}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"self_paid_fen": "300"}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"days": 1.5}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"days": True}]}, "lines"),
        ({"lines": [body()["lines"][0] | {"invoice_no": "a\nb"}]}, "lines"),
        ({"lines": [body()["lines"][0]] * 21}, "lines"),
        ({"documents": ["x"]}, "documents"),
        ({"documents": [str(new_id()) for _ in range(21)]}, "documents"),
        ({"bank_account": "6299"}, "bank_account"),
    ],
)
def test_a_malformed_claim_names_its_fields(phone, session, facts, field):
    answer = phone.post(CLAIMS, body(**facts))

    assert answer.status_code == 422
    assert field in answer.json["errors"]
    assert session.query(AidClaim).all() == []


def test_a_part_without_a_name_is_refused_in_words(phone):
    nameless = b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--\r\n"

    answer = phone.client.post(
        DOCUMENTS,
        data=nameless,
        content_type="multipart/form-data; boundary=edge",
        headers=phone.headers,
    )

    assert answer.status_code == 422
    assert answer.json["errors"][""] == ["Unknown field."]


def test_a_claim_is_shown_to_its_member_only(phone, sign_in):
    claim = phone.post(CLAIMS, body()).json
    stranger = sign_in()

    own = phone.get(f"{CLAIMS}/{claim['id']}")
    assert own.status_code == 200
    assert own.json["lines"][0]["hospital"] == "演示医院"

    asked = [
        stranger.get(f"{CLAIMS}/{claim['id']}"),
        stranger.post(f"{CLAIMS}/{claim['id']}/withdraw"),
        stranger.post(f"{CLAIMS}/{claim['id']}/resubmit", {"lines": body()["lines"]}),
    ]
    assert {(each.status_code, each.json["code"]) for each in asked} == {
        (404, "aid_claim_not_found")
    }
    assert stranger.get(CLAIMS).json["items"] == []


def test_nobody_else_may_call(client):
    for path in (CLAIMS, "/api/v1/aid/schemes"):
        assert client.get(path).status_code == 401
    assert client.post(DOCUMENTS).status_code == 401


def test_a_foreign_paper_cannot_be_claimed_with(phone, sign_in):
    foreign = sign_in().upload(pdf("theirs")).json["id"]

    answer = phone.post(CLAIMS, body(documents=[foreign]))

    assert (answer.status_code, answer.json["code"]) == (404, "aid_document_not_found")


def test_claims_are_listed_newest_first_and_paged(phone):
    first, second = (phone.post(CLAIMS, body()).json["id"] for _ in range(2))

    page = phone.get(f"{CLAIMS}?rows=1").json
    rest = phone.get(f"{CLAIMS}?rows=1&cursor={page['next_cursor']}").json

    assert [each["id"] for each in page["items"] + rest["items"]] == [
        max(first, second),
        min(first, second),
    ]
    assert phone.get(f"{CLAIMS}?cursor=nonsense").status_code == 422


def test_a_claim_is_withdrawn_and_the_retry_hears_it(phone):
    claim = phone.post(CLAIMS, body()).json["id"]

    first = phone.post(f"{CLAIMS}/{claim}/withdraw")
    again = phone.post(f"{CLAIMS}/{claim}/withdraw")

    assert (first.json["state"], again.json["state"]) == ("withdrawn", "withdrawn")
    assert again.headers["Idempotency-Replayed"] == "true"


def test_simulating_answers_without_keeping(phone, session):
    asked = {name: body()[name] for name in ("scheme", "event_type", "event_date")}
    amounts = {"pool_paid_fen": 12_000_00, "self_paid_fen": 3_000_00, "days": 1}

    covered = phone.post(f"{CLAIMS}/simulate", asked | {"lines": [amounts]}).json
    waiting = phone.post(
        f"{CLAIMS}/simulate",
        asked | {"lines": [amounts], "event_date": COVERED_FROM.isoformat()},
    ).json

    assert (covered["covered"], covered["benefit_fen"]) == (True, 1_920_00)
    assert (waiting["covered"], waiting["benefit_fen"]) == (False, 0)
    counts_from = (COVERED_FROM + timedelta(days=30)).isoformat()
    assert waiting["reasons"][0]["next_step"] == f"Events from {counts_from} count."
    assert session.query(AidClaim).all() == []


def test_my_schemes_say_whether_and_why_not(sign_in):
    items = {
        each["scheme"]: each for each in sign_in(INPATIENT).get("/api/v1/aid/schemes").json["items"]
    }

    mine, other = items[INPATIENT], items[ALLOWANCE]
    assert mine["covered"] is True
    assert mine["cover"] == {
        "starts_on": COVERED_FROM.isoformat(),
        "ends_on": mine["cover"]["ends_on"],
        "shares": 1,
        "left": 2,
    }
    assert [paper["kind"] for paper in mine["papers"]] == [
        "settlement_sheet",
        "invoice",
        "discharge_summary",
    ]
    assert other["covered"] is False
    assert other["cover"] is None
    assert other["events"][0]["reasons"][0]["code"] == "no_cover"


def test_a_fresh_cover_waits_for_illness_and_not_for_accidents(client, make):
    member = make.covered_member(starts_on=TODAY)
    make.member_session(member, token="ucm_fresh")

    items = Phone(client, "ucm_fresh").get("/api/v1/aid/schemes").json["items"]

    events = {each["event_type"]: each["covered"] for each in items[0]["events"]}
    assert events == {"illness": False, "accident": True}


def test_a_paper_is_taken_by_its_content(phone):
    taken = phone.upload(pdf("发票"), name="photo.exe")
    again = phone.upload(pdf("发票"))
    refused = phone.upload(b"MZ\x90", name="invoice.pdf")

    assert taken.status_code == 201
    assert taken.json["media_type"] == "application/pdf"
    assert again.json == taken.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (refused.status_code, refused.json["code"]) == (415, "aid_document_unreadable")


def test_a_paper_may_be_large_and_not_too_large(phone):
    def scan(size):
        return b"%PDF-1.4\n" + b"x" * size + b"\n%%EOF\n"

    assert phone.upload(scan(PAPER_BYTES_MAX - 100)).status_code == 201
    slightly = phone.upload(scan(PAPER_BYTES_MAX))
    assert (slightly.status_code, slightly.json["code"]) == (413, "aid_document_too_large")
    assert phone.upload(scan(2 * PAPER_BYTES_MAX)).status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "invoice"},
        {"kind": "In Voice!", "file": (io.BytesIO(pdf()), "a.pdf")},
        {"kind": "invoice", "file": "not a file"},
    ],
)
def test_an_upload_that_is_none_names_its_fields(phone, data):
    answer = phone.client.post(DOCUMENTS, data=data, headers=phone.headers)

    assert answer.status_code == 422
    assert answer.json["errors"]


def test_both_languages(phone):
    phone.headers["Accept-Language"] = "zh-CN"

    claim = phone.post(CLAIMS, body()).json

    assert claim["scheme_name"] == "广东省在职职工住院医疗综合互助保障计划"
    assert claim["missing_papers"][0]["title"] == "医保结算单"
