"""From HTTP to plain values and back: JSON in, JSON out, refusals as RFC 9457 problems."""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from flask import Flask, Request, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from kernel.actors import Actor
from kernel.clock import SHANGHAI
from kernel.db import TryAgain, is_retriable
from kernel.errors import Refusal
from kernel.i18n import N_
from kernel.refusals import EditConflict

logger = logging.getLogger("union_card.web")

JSON_BYTES_MAX = 64 * 1024
PROBLEM_TYPE = "application/problem+json"
# Says that this very request had been answered before, and that this is that answer.
REPLAYED_HEADER = "Idempotency-Replayed"
_TRIES = 3
_HEARD_OUT_BYTES_MAX = 1024 * 1024
_SERVER_ERRORS = 500

# One sentence per HTTP status that the framework itself may answer with, for a person to read.
HTTP_SENTENCES = {
    400: N_("The request could not be read."),
    404: N_("There is nothing at this address."),
    405: N_("This address does not answer to that method."),
    408: N_("The request took too long to arrive. Try again."),
    413: N_("The request is larger than this address accepts."),
    415: N_("This address accepts JSON only (Content-Type: application/json)."),
    422: N_("Some fields are wrong. Each is named with what is wrong about it."),
    429: N_("Too many requests. Wait a moment and try again."),
    500: N_("Something went wrong on our side. Nothing was changed; try again."),
    503: N_("The service is busy. Try again in a moment."),
}


class NotSignedIn(Refusal):
    status = 401
    code = "not_signed_in"
    title = N_("Sign in first: the sign-in is missing, unknown or has ended.")


class NotAllowed(Refusal):
    status = 403
    code = "not_allowed"
    title = N_("Your role does not allow this.")


class NotFound(Refusal):
    status = 404
    code = "not_found"
    title = N_("There is no such thing, or it is not yours to see.")


class MalformedJson(Refusal):
    status = 400
    code = "malformed_json"
    title = N_("The request body is not JSON.")


class VersionMissing(Refusal):
    status = 428
    code = "version_missing"
    title = N_("An edit must say which version it is about (If-Match).")


def problem(status: int, code: str, title: str, **extra: object) -> Response:
    """Return an RFC 9457 problem document; `title` is already in the caller's language."""
    response = jsonify(type=f"/problems/{code}", status=status, code=code, title=title, **extra)
    response.status_code = status
    response.content_type = PROBLEM_TYPE
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


class StrictParser(FlaskParser):
    """Refuses what is not JSON with a sentence, instead of treating it as an empty body.

    A schema of the path of every scan may have `plain(data)`: it returns what `load` would, for
    a body in which there is nothing to complain of, and None for all others.
    """

    def parse(
        self, argmap: Any, req: Request | None = None, *, location: str | None = None, **rules: Any
    ) -> Any:
        plain = getattr(argmap, "plain", None)
        if plain is not None and req is None and request.mimetype == "application/json":
            try:
                found = plain(json.loads(request.get_data(cache=True)))
            except ValueError:
                found = None
            if found is not None:
                return found
        return super().parse(argmap, req, location=location, **rules)

    def _raw_load_json(self, req: Request) -> Any:
        if req.mimetype != "application/json":
            self._refuse_type()
        return super()._raw_load_json(req)

    def _handle_invalid_json_error(self, *_: Any, **__: Any) -> NoReturn:
        raise MalformedJson

    @staticmethod
    def _refuse_type() -> NoReturn:
        raise WrongContentType


class WrongContentType(Refusal):
    status = 415
    code = "wrong_content_type"
    title = HTTP_SENTENCES[415]


class Blueprint(SmorestBlueprint):
    """A blueprint of the JSON API: described in the OpenAPI document, parsed strictly."""

    ARGUMENTS_PARSER = StrictParser()


class Problem(Schema):
    """What every error of the API looks like (RFC 9457): a sentence to read, a code to act on."""

    type = fields.String(metadata={"description": "`/problems/{code}`: explained there."})
    status = fields.Integer()
    code = fields.String(metadata={"description": "Stable; what a program acts on."})
    title = fields.String(metadata={"description": "For a person, in the caller's language."})
    facts = fields.Dict(metadata={"description": "What the code is about, such as `left_fen`."})
    errors = fields.Dict(metadata={"description": "With 422: what is wrong, by field."})


class ProblemApi(Api):
    """flask-smorest with its error handler answering, and describing, problem documents."""

    ERROR_SCHEMA = Problem

    def _register_responses(self) -> None:
        # It describes only errors, and with one media type for everything.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def handle_http_exception(self, error: HTTPException) -> ResponseReturnValue:
        return http_problem(error)


def http_problem(error: HTTPException) -> Response:
    status = error.code or _SERVER_ERRORS
    sentence = HTTP_SENTENCES.get(status, HTTP_SENTENCES[400])
    data = getattr(error, "data", None) or {}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        # webargs nests the fields under the location ("json", "query"): callers want the fields.
        # A part of a form may have no name at all, which JSON cannot say.
        errors = {
            str(field or ""): messages
            for location in data.get("messages", {}).values()
            for field, messages in location.items()
        }
        return problem(status, "invalid_request", gettext(sentence), errors=errors)
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    response = problem(status, code, gettext(sentence))
    for header in ("Retry-After", "Allow"):
        value = dict(error.get_headers()).get(header)
        if value:
            response.headers[header] = value
    return response


def refusal_problem(error: Refusal) -> Response:
    return problem(error.status, error.code, gettext(error.title), facts=error.facts)


ErrorPage = Callable[[int, str, str, dict[str, object]], ResponseReturnValue]


def register_error_handlers(app: Flask, *, page: ErrorPage) -> None:
    """Answer every error: `page` renders it for addresses outside /api/, JSON for those inside."""

    def wants_page() -> bool:
        return not request.path.startswith("/api/")

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> ResponseReturnValue:
        # The code only: facts may hold what a person typed, and logs carry no personal data.
        logger.info("refused: %s", error.code)
        if wants_page():
            return page(error.status, error.code, gettext(error.title), error.facts)
        return refusal_problem(error)

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> ResponseReturnValue:
        return problem(
            422, "invalid_request", gettext(HTTP_SENTENCES[422]), errors=error.messages_dict
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            _hear_out()
        answer = http_problem(error)
        if wants_page() and answer.json is not None:
            return page(answer.status_code, answer.json["code"], answer.json["title"], {})
        return answer

    @app.errorhandler(PoolTimeoutError)
    def busy(_: PoolTimeoutError) -> ResponseReturnValue:
        logger.warning("the connection pool is exhausted")
        answer = problem(503, "busy", gettext(HTTP_SENTENCES[503]))
        answer.headers["Retry-After"] = "1"
        return answer

    @app.errorhandler(OperationalError)
    def unreachable(error: OperationalError) -> ResponseReturnValue:
        # The class only: the statement and its parameters stay out of the log.
        logger.error("database: %s", type(error.orig).__name__)
        answer = problem(503, "busy", gettext(HTTP_SENTENCES[503]))
        answer.headers["Retry-After"] = "1"
        return answer


def _hear_out() -> None:
    """Read what is too large and throw it away, within reason.

    A server that answers and hangs up while the caller still sends resets the connection, and the
    caller never hears why.
    """
    length = request.content_length or 0
    if length <= _HEARD_OUT_BYTES_MAX:
        request.environ["wsgi.input"].read(length)


Answer = TypeVar("Answer")


def retrying(view: Callable[[], Answer]) -> Answer:
    """Run a view, again when PostgreSQL asks for it (deadlock, serialization): nothing was kept."""
    for attempt in range(1, _TRIES + 1):
        try:
            return view()
        except TryAgain:
            if attempt == _TRIES:
                raise
        except DBAPIError as error:
            if attempt == _TRIES or not is_retriable(error):
                raise
            logger.info("retrying a transaction: %s", type(error.orig).__name__)
    raise AssertionError("unreachable")


def in_wire_form(content: Mapping[str, Any]) -> Response:
    """Return the JSON answer of what a schema would dump, without walking its fields.

    For the path of every scan, whose schema describes the answer and a test compares the two: ids
    become their text and moments Shanghai's, as in kernel.wire.
    """
    return Response(json.dumps(content, default=_wire_form), mimetype="application/json")


def _wire_form(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    assert isinstance(value, UUID)
    return str(value)


def current_actor() -> Actor:
    """Return who is calling: set by app.access before any view runs."""
    actor: Actor = g.actor
    return actor


def expected_version() -> int:
    """Return the version named by If-Match. Raises VersionMissing, EditConflict if unreadable."""
    tag = request.headers.get("If-Match")
    if tag is None:
        raise VersionMissing
    try:
        return int(tag.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise EditConflict from None


def encode_cursor(*parts: str) -> str:
    """Return an opaque place in a list; `decode_cursor` reads it back."""
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, parts: int) -> list[str]:
    """Return the parts of a cursor. Raises ValidationError when it is not one of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    found = text.split("\x1f")
    if len(found) != parts:
        raise ValidationError({"cursor": ["Not a cursor of this list."]})
    return found


def decode_id_cursor(cursor: str) -> UUID:
    """Return the id that a one-part cursor holds. Raises ValidationError."""
    try:
        return UUID(decode_cursor(cursor, parts=1)[0])
    except ValueError:
        raise ValidationError({"cursor": ["Not a cursor of this list."]}) from None
