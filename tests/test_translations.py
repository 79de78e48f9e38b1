"""Everybody reads one language: no English left in the Chinese pages, no Chinese in the English."""

import json
import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po
from flask_babel import gettext
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException

import app.registry
from app import phone
from app.access import ACCESS
from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.rules import Terms
from benefits.schemas import LimitMaximumForm
from benefits.services import LimitFacts, add_limit, add_offer
from kernel.actors import SYSTEM, ActorKind, Role
from kernel.clock import utc_now
from kernel.errors import all_refusals
from kernel.forms import _flat, explain
from kernel.secrets import new_token
from ledger.models import Family, FundSource
from risk.models import Signal
from risk.schemas import RuleForm
from staff.pages import DESK_COOKIE
from tests.make import NOW
from tools.translations import FOLDER, LOCALES

ZH = {"Accept-Language": "zh-CN"}
EN = {"Accept-Language": "en"}
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")
ENGLISH = re.compile(r"[A-Za-z]{2,},? [A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")
READ_OUT = frozenset({"alt", "aria-label", "data-confirm", "placeholder", "title"})
VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)


class Reader(HTMLParser):
    """Collects what a page says to people, and where its links lead.

    What carries a language of its own is said in that language on purpose; scripts are not read,
    but for the sentences that a phone page brings with it.
    """

    def __init__(self, html):
        super().__init__()
        self.texts = []
        self.links = []
        self._open = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.texts += [facts[name] for name in READ_OUT & facts.keys() if facts[name]]
        if tag == "a" and facts.get("href"):
            self.links.append(facts["href"])
        if tag not in VOID:
            foreign = tag in {"script", "style"} or (tag != "html" and "lang" in facts)
            self._open.append((tag, foreign, facts.get("id")))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self._open and self._open[-1][0] == "script" and self._open[-1][2] == "messages":
            self.texts += json.loads(data).values()
        elif data.strip() and not any(foreign for _, foreign, _ in self._open):
            self.texts.append(" ".join(data.split()))


@cache
def sentences():
    """Return the catalogue, English to Chinese: both English numbers to the one Chinese form."""
    file = FOLDER / LOCALES[0] / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as source:
        messages = [message for message in read_po(source) if message.id]
    found = {each.id: each.string for each in messages if isinstance(each.id, str)}
    for each in messages:
        if not isinstance(each.id, str):
            found |= dict.fromkeys(each.id, each.string[0])
    return found


@cache
def english_parts():
    """Return what only an untranslated sentence can bring into a Chinese page."""
    translations = "\n".join(sentences().values())
    parts = {part.strip() for sentence in sentences() for part in PLACEHOLDER.split(sentence)}
    return sorted(part for part in parts if ENGLISH.search(part) and part not in translations)


@cache
def chinese_parts():
    """Return the examples in Chinese that English sentences hold."""
    return [sentence for sentence in sentences() if CHINESE.search(sentence)]


def left_in_english(texts):
    together = "\n".join(texts)
    found = [part for part in english_parts() if part in together]
    for text in texts:
        whole = sentences().get(text, text) != text
        if whole or (ENGLISH.search(text) and not CHINESE.search(text)):
            found.append(text)
    return found


def left_in_chinese(texts):
    return [
        text
        for text in texts
        if CHINESE.search(text) and not any(part in text for part in chinese_parts())
    ]


def pages_for(app, role):
    """Return the addresses without parameters that staff of `role` may open."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        who = ACCESS.get(f"GET {rule.endpoint}")
        if who is None or rule.arguments or not rule.rule.startswith("/desk/"):
            continue
        if who.kind is ActorKind.STAFF and (not who.roles or role in who.roles):
            found.append(adapter.build(rule.endpoint))
    return found


def sign_in(app, make, account):
    token = new_token()
    make.staff_session(account, token=token, at=utc_now(), browser="Firefox")
    client = app.test_client()
    client.set_cookie(DESK_COOKIE, token)
    return client


def read(client, path, language):
    answer = client.get(path, headers=language)
    assert answer.status_code in (200, 302, 303), (path, answer.status_code)
    is_page = answer.status_code == 200 and answer.mimetype == "text/html"
    return Reader(answer.text) if is_page else None


@pytest.mark.parametrize("role", Role)
def test_the_desk_speaks_the_language_of_who_reads(app, make, role):
    city = make.union(code="SZ", name="Shenzhen")
    account = make.staff(role, union=city, display_name="Officer")
    client = sign_in(app, make, account)
    pages = pages_for(app, role)

    assert len(pages) > 3
    for path in pages:
        for language, left in ((ZH, left_in_english), (EN, left_in_chinese)):
            page = read(client, path, language)
            assert page is None or left(page.texts) == [], path


@pytest.mark.parametrize("path", ["/", "/card/", "/scan/", "/desk/sign-in"])
def test_the_doors_speak_the_language_of_who_reads(client, path):
    for language, left in ((ZH, left_in_english), (EN, left_in_chinese)):
        page = Reader(client.get(path, headers=language).text)
        assert page.texts
        assert left(page.texts) == []


def discount(make, session, merchant):
    programme = running_programme(
        session,
        code="PH-2026-01",
        name_zh="演示满减",
        name_en="Spend and save (demo)",
        family=Family.DISCOUNT,
        fund_source=FundSource.UNION_FUND,
        starts_on=date(2026, 1, 1),
        ends_on=None,
        eligibility=[],
        now=NOW,
    )
    for scope, unit in ((LimitScope.PROGRAMME, LimitUnit.FEN), (LimitScope.MEMBER, LimitUnit.USES)):
        facts = LimitFacts(scope, LimitWindow.MONTH, unit, 100)
        add_limit(session, actor=SYSTEM, programme_id=programme.id, facts=facts, now=NOW)
    add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=merchant.id,
        title_zh="满50减40",
        title_en="40 off from 50",
        terms=REDUCTION,
        assurances=["possession", "session"],
        valid_from=NOW,
        now=NOW,
    )


@pytest.fixture
def busy_desk(app, make, session):
    """A browser of somebody with every role, at a desk where every list has a line."""
    city = make.union(code="SZ", name="深圳市总工会")
    member = make.covered_member(union=city)
    make.aid_claim(member)
    merchant = make.merchant(union_id=city.id)
    make.agreement(merchant_id=merchant.id)
    make.terminal(site=make.site(merchant_id=merchant.id))
    discount(make, session, merchant)
    make.course_session(course=make.course(union=city))
    make.staff(union=city)
    return sign_in(app, make, make.staff(*Role, union=city))


def test_no_page_that_a_link_leads_to_has_english_left_in_it(app, busy_desk):
    """One page of each kind: whatever the desk's links lead to from its front page on."""
    adapter = app.url_map.bind("localhost")
    waiting, seen = ["/desk/"], {}
    while waiting:
        path = waiting.pop()
        try:
            endpoint, _ = adapter.match(urlsplit(path).path, "GET")
        except HTTPException:
            continue
        if endpoint in seen or "format=" in path or not path.startswith("/desk/"):
            continue
        page = read(busy_desk, path, ZH)
        seen[endpoint] = page and left_in_english(page.texts)
        waiting += page.links if page else []

    objects = {"members_pages.member", "cards_pages.card", "merchants_pages.merchant"}
    objects |= {"aid_pages.claim", "training_pages.one_session", "staff_pages.account"}
    objects |= {"programmes_pages.programme", "offers_pages.offer"}
    assert objects <= seen.keys()
    assert {endpoint: left for endpoint, left in seen.items() if left} == {}


def test_every_refusal_and_every_sentence_of_the_phones_is_said_in_chinese(app):
    ours = [each for each in all_refusals() if not each.__module__.startswith("tests.")]
    said = [refusal.title for refusal in ours]
    said += [*phone.SHARED.values(), *phone.CARD.values(), *phone.CARD_DEMO.values()]
    said += phone.SCAN.values()

    with app.test_request_context(headers=ZH):
        assert [each for each in said if not CHINESE.search(gettext(each))] == []


def forms():
    """Return every schema that reads a form or a filter of the desk."""
    waiting, found = [Schema], set()
    while waiting:
        for schema in waiting.pop().__subclasses__():
            waiting.append(schema)
            ours = schema.__module__.endswith("schemas") and "tests" not in schema.__module__
            if ours and schema.__name__.endswith(("Form", "Filter")):
                found.add(schema)
    return sorted(found, key=lambda schema: f"{schema.__module__}.{schema.__name__}")


_OPTIONS = {
    LimitMaximumForm: {"unit": LimitUnit.FEN},
    RuleForm: {"signal": Signal.OUTSIDE_HOURS},
}


def blank(schema):
    """Return the schema; some read what a limit or a rule counts."""
    return schema(**_OPTIONS.get(schema, {}))


WRONG = ["x", "x" * 5000, "-1", "0", "9" * 30, "2026-13-41", "\x00", [], ["x"]]


@pytest.mark.parametrize("schema", forms(), ids=lambda schema: schema.__name__)
def test_what_is_wrong_with_a_form_is_said_in_chinese(app, schema):
    tried = [{}, {"no_such_field": "x"}]
    tried += [{name: value} for name in blank(schema).fields for value in WRONG]
    said = set()
    for sent in tried:
        try:
            blank(schema).load(sent)
        except ValidationError as error:
            said |= {str(message) for message in _flat(error.messages_dict)}

    assert said
    with app.test_request_context(headers=ZH):
        assert {message for message in said if not CHINESE.search(explain(message))} == set()


def test_chinese_is_set_with_chinese_punctuation():
    half_width = re.compile(r"[\u3400-\u9fff][,;:?!]|[,;:?!][\u3400-\u9fff]")

    assert [each for each in sentences().values() if half_width.search(each)] == []


def test_mutual_aid_is_never_called_insurance():
    insurance = re.compile("保险|保费|理赔|投保")

    assert [each for each in sentences().values() if insurance.search(each)] == []


def test_a_till_and_a_merchant_have_one_word_each():
    other_words = re.compile("收银台|收银机|商家")

    assert [each for each in sentences().values() if other_words.search(each)] == []
