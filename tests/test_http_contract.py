"""The API keeps its own word: whatever is sent to it, by its OpenAPI document or against it."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from app.access import ACCESS, Reach
from kernel.actors import ActorKind
from kernel.web import PROBLEM_TYPE
from staff.pages import DESK_COOKIE
from tests.access.build import built_world

DOCUMENT = "/api/v1/openapi.json"
# Of each operation and mode: some six hundred requests in all.
EXAMPLES = 7
CALLERS = {
    ActorKind.NOBODY: "nobody",
    ActorKind.MEMBER: "member",
    ActorKind.TERMINAL: "till",
    ActorKind.STAFF: "own_staff",
}


@pytest.fixture(scope="module")
def world(app, databases, engine, town_template):
    with built_world(app, databases, template=town_template[0]) as world:
        yield world


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get(DOCUMENT).json


@pytest.fixture(scope="module")
def operations(app):
    def from_here(environ, start_response):
        """Call the service as somebody on this machine does."""
        return app(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)

    schema = schemathesis.openapi.from_wsgi(DOCUMENT, from_here)
    return [result.ok() for result in schema.get_all_operations()]


def caller_of(world, app, operation):
    """Return somebody whom the endpoint lets in, so that what is sent is looked at."""
    path = operation.path.replace("{number}", "1").replace("{purpose}", "x")
    path = path.replace("{kind}", "redemption")
    path = re.sub(r"\{[a-z_]+_id\}", "0197f000-0000-7000-8000-000000000009", path)
    method = operation.method.upper()
    endpoint, _ = app.url_map.bind("localhost").match(path, method)
    rule = ACCESS[f"{method} {endpoint}"]
    return world.callers["auditor" if rule.reach is Reach.CITY else CALLERS[rule.kind]]


def assert_keeps_its_word(answer, case):
    assert answer.status_code < 500, (case.as_curl_command(), answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == [PROBLEM_TYPE], case.as_curl_command()
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["type"] == f"/problems/{problem['code']}"
        assert problem["title"]
        assert problem["code"] not in ("not_signed_in", "not_allowed"), case.as_curl_command()
        assert (answer.status_code == 422) <= ("errors" in problem or "facts" in problem)


def try_out(world, operation, mode, caller):
    """Send examples to one operation, each undone before the next; fails with a curl command."""
    cookies = {DESK_COOKIE: caller.token} if caller.kind is ActorKind.STAFF else {}

    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case):
        with world.connection.begin_nested() as undone:
            try:
                answer = case.call(headers=caller.headers, cookies=cookies)
            finally:
                undone.rollback()
        assert_keeps_its_word(answer, case)
        case.validate_response(answer, checks=[response_schema_conformance])

    try:
        holds()
    except Unsatisfiable:
        # Nothing can be wrong about a request that carries nothing.
        assert mode is GenerationMode.NEGATIVE
        assert not operation.body


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_nothing_that_can_be_sent_makes_the_service_fail(app, world, operations, mode, subtests):
    for operation in operations:
        caller = caller_of(world, app, operation)
        with subtests.test(operation=operation.label):
            try_out(world, operation, mode, caller)


def test_the_document_describes_every_endpoint_of_the_api(app, document):
    described = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    served = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and rule.rule != DOCUMENT
    }
    plain = {(path.replace("{", "<").replace("}", ">"), method) for path, method in described}
    assert plain == {(_without_kinds(path), method) for path, method in served}


def _without_kinds(path):
    return "/".join(
        f"<{part.lstrip('<').rpartition(':')[2]}" if part.startswith("<") else part
        for part in path.split("/")
    )


def test_every_operation_describes_its_errors(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            responses = operation["responses"]
            assert responses["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}, path
            assert any(status.startswith("2") for status in responses), path
            if operation.get("requestBody"):
                assert "422" in responses, path
            assert operation["summary"], path


def test_an_error_is_described_as_the_problem_it_is(document):
    error = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert error == {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problem = document["components"]["schemas"]["Problem"]["properties"]
    assert set(problem) == {"type", "status", "code", "title", "facts", "errors"}
