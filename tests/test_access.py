"""Who may call what, endpoint by endpoint: every kind of caller, own and foreign objects.

Everything happens on one connection whose work is never committed; each call is undone before the
next. What a caller of the wrong kind or role must hear follows from ACCESS; what belongs to whom is
said in tests/access/objects.py.
"""

import re
from uuid import uuid4

import pytest

from app.access import ACCESS, SIGN_IN_PAGES, Reach
from kernel.actors import ActorKind
from tests.access.build import built_world
from tests.access.lists import LISTS, MIXED, NOT_LISTS
from tests.access.objects import CASES, NOBODYS, Own
from tests.access.places import places_of

ALLOWED = frozenset({*range(200, 400), 409, 412, 422})
# Callers whose union is not what an endpoint is about; the lines for objects try them too.
EVERYBODY = (
    "nobody",
    "member",
    "other_member",
    "till",
    "other_till",
    "service_till",
    "manager",
    "other_manager",
    "staff_without_role",
    "foreign_staff",
    "register_officer",
    "claims_assessor",
    "claims_approver",
    "training_officer",
    "programme_designer",
    "site_worker",
    "finance_maker",
    "finance_checker",
    "finance_approver",
    "auditor",
    "administrator",
)


@pytest.fixture(scope="module")
def world(app, databases, engine, town_template):
    with built_world(app, databases, template=town_template[0]) as world:
        yield world


def said(answer):
    """Return what an answer says, without the page around it."""
    text = answer.text.partition("<main")[2] or answer.text
    return answer.status_code, answer.location, " ".join(re.sub("<[^>]+>", " ", text).split())[:500]


def address(app, key, ids):
    """Return the address of an endpoint: `ids` where given, elsewhere ids of nothing."""
    method, endpoint = key.split(" ")
    rule = next(rule for rule in app.url_map.iter_rules(endpoint) if method in rule.methods)
    blank = {
        "filename": "desk.css",
        "number": 9,
        "code": "not_found",
        "purpose": "nothing",
        "kind": "redemption",
    }
    values = {name: ids.get(name) or blank.get(name) or uuid4() for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(endpoint, **values)


def refusal(key, caller):
    """Return what ACCESS makes of a caller: None if let in, else the status of the refusal."""
    rule = ACCESS[key]
    if rule.kind is ActorKind.NOBODY:
        return None
    if caller.kind is not rule.kind:
        is_page = key.startswith("GET ") and not key.split(" ")[1].split(".")[0].endswith("_api")
        return 302 if rule.kind in SIGN_IN_PAGES and is_page else 401
    return 403 if rule.roles and not caller.roles & rule.roles else None


def assert_refused(answer, status):
    assert answer.status_code == status, said(answer)
    if status == 302:
        assert answer.location.startswith(("/desk/sign-in?next=", "/scan/manager/sign-in?next="))
    elif answer.request.path.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == {401: "not_signed_in", 403: "not_allowed"}[status]


@pytest.mark.parametrize("key", sorted(ACCESS))
def test_the_table_decides_about_every_caller(app, world, key):
    """With ids of nothing, so that whoever is let in finds nothing: never more than that."""
    method = key.split(" ")[0]
    rule = ACCESS[key]
    for name in EVERYBODY:
        caller = world.callers[name]
        path = address(app, key, {})
        expected = refusal(key, caller)
        # Whoever is refused at the door changes nothing, so there is nothing to undo.
        ask = world.call if expected is None else world.keep
        answer = ask(caller, method, path, json={})
        if expected is None and rule.reach is Reach.CITY and name == "foreign_staff":
            # The role is held, for a part of the city: the view looks, and says no or nothing.
            assert answer.status_code in (403, 404), said(answer)
            continue
        if expected is not None:
            assert_refused(answer, expected)
            continue
        assert answer.status_code < 500, (name, said(answer))
        assert answer.status_code not in (401, 403), (name, said(answer))
        if rule.kind is not ActorKind.NOBODY and method == "GET":
            names_something = any(part.endswith("_id") for part in answer.request.path.split("/"))
            assert names_something or answer.status_code in (200, 302, 404), (name, said(answer))


@pytest.mark.parametrize("key", sorted(key for key in ACCESS if key.startswith("GET ")))
def test_head_and_options_open_no_other_door(app, world, key):
    nobody = world.callers["nobody"]
    path = address(app, key, {})
    asked = world.call(nobody, "GET", path)

    assert world.call(nobody, "HEAD", path).status_code == asked.status_code
    options = world.call(nobody, "OPTIONS", path)
    assert options.status_code in ((200,) if refusal(key, nobody) is None else (302, 401, 403))
    assert not options.data or options.status_code != 200


def resolved(world, value):
    if isinstance(value, Own):
        return world.ids[value.name]
    if isinstance(value, dict):
        return {name: resolved(world, part) for name, part in value.items()}
    return [resolved(world, part) for part in value] if isinstance(value, list) else value


def tried(app, world, case, name):
    """Return what the caller called `name` hears about the case's object."""
    ids = {place: world.ids[own] for place, own in case.path.items()}
    return world.call(
        world.callers[name],
        case.key.split(" ")[0],
        address(app, case.key, ids),
        json=resolved(world, case.json),
        form=resolved(world, case.form),
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_object_is_there_for_its_owner(app, world, case):
    answer = tried(app, world, case, case.owner)

    assert answer.status_code in ALLOWED, said(answer)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_object_is_not_there_for_strangers(app, world, case):
    """Of its own kind by the line's own words; of every other kind by ACCESS."""
    kinds = {world.callers[name].kind for name in case.strangers}
    assert kinds == {world.callers[case.owner].kind}, "name a stranger of the owner's kind"
    for name, (status, code) in case.strangers.items():
        answer = tried(app, world, case, name)
        assert answer.status_code == status, (name, said(answer))
        assert code is None or answer.json["code"] == code, (name, said(answer))
    for name in ("nobody", "other_member", "other_till", "other_manager", "foreign_staff"):
        caller = world.callers[name]
        if caller.kind not in kinds:
            assert_refused(tried(app, world, case, name), refusal(case.key, caller))


@pytest.mark.parametrize("line", MIXED, ids=lambda line: line[0])
def test_somebody_elses_object_beside_an_own_one_is_not_there(app, world, line):
    key, name, path, body, (status, code) = line
    body = {field: world.ids.get(value, value) for field, value in body.items()}
    place = address(app, key, {field: world.ids[own] for field, own in path.items()})

    answer = world.call(world.callers[name], key.split(" ")[0], place, json=body, form=body)

    assert answer.status_code == status, said(answer)
    assert code is None or answer.json["code"] == code


@pytest.mark.parametrize("line", LISTS, ids=lambda line: line[0])
def test_a_list_shows_the_owner_what_it_hides_from_strangers(app, world, line):
    key, owner, own, strangers = line
    path = address(app, key, {})

    assert world.ids[own] in world.call(world.callers[owner], "GET", path).text
    for name in strangers:
        answer = world.call(world.callers[name], "GET", path)
        assert answer.status_code == 200, name
        assert world.ids[own] not in answer.text, name


def test_every_place_that_names_an_object_has_its_line(app):
    places = places_of(app)
    lines = {(case.key, place) for case in CASES for place in case.places}

    assert places - lines - set(NOBODYS) == set(), "add a line to tests/access/"
    assert (lines | set(NOBODYS)) - places == set(), "these places are gone: remove their lines"


def test_every_list_has_its_line(app):
    named = {key for key, _ in places_of(app)}
    lists = {
        key
        for key, rule in ACCESS.items()
        if key.startswith("GET ") and rule.kind is not ActorKind.NOBODY and key not in named
    }

    assert lists - {line[0] for line in LISTS} - set(NOT_LISTS) == set(), "say who sees it"
    assert ({line[0] for line in LISTS} | set(NOT_LISTS)) - set(ACCESS) == set()
