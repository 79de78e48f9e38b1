"""What server-rendered pages share: unforgeable forms, one-time notices, lists, files, progress."""

import base64
import hmac
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Generic, Literal, TypedDict, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from marshmallow import ValidationError

from kernel.actors import NOBODY, Actor, ActorKind
from kernel.clock import SHANGHAI
from kernel.errors import Refusal
from kernel.forms import CSRF_FIELD
from kernel.i18n import N_
from kernel.secrets import blind_index, new_token
from kernel.web import decode_cursor, encode_cursor

DESK_PATH = "/desk/"
MANAGER_PATH = "/scan/manager/"
# Where pages with forms are: each has cookies of its own.
_AREAS = (DESK_PATH, MANAGER_PATH)
FORM_COOKIE = "uc_form"
NOTICE_COOKIE = "uc_notice"
LIST_ROWS = 50
_NOTICE_SECONDS = 60
_TOKEN_CHARACTERS_MAX = 100
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Row = TypeVar("Row")
Value = TypeVar("Value", bound=StrEnum)
View = TypeVar("View", bound=Callable[..., Any])


class FormNotOurs(Refusal):
    status = 403
    code = "form_not_ours"
    title = N_(
        "This form has expired or did not come from our page. Go back, reload, send it again."
    )


def use_pages(app: Flask, *, over_tls: bool) -> None:
    """Give `app` the shared parts of pages. Called after guard(): a form token needs the actor.

    `over_tls` says that people reach the service by https, whatever the proxy speaks to it.
    """
    app.config["COOKIES_SECURE"] = over_tls
    app.before_request(refuse_forged_forms)
    app.after_request(keep_page_cookies)
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        taken_notice=taken_notice,
        here=here,
        way_back=way_back,
        options=options,
    )
    app.jinja_env.filters.update(moment=shown_moment, day=shown_day)


class CookieFlags(TypedDict):
    httponly: bool
    samesite: Literal["Strict"]
    secure: bool


def cookie_flags() -> CookieFlags:
    """Return what every cookie of the desk has in common.

    Strict works because nobody is led here from elsewhere: a link in a mail opens the sign-in page.
    """
    secure = request.is_secure or bool(current_app.config["COOKIES_SECURE"])
    return {"httponly": True, "samesite": "Strict", "secure": secure}


def area_of(path: str) -> str | None:
    """Return the part of the service whose pages have forms that `path` lies in, if it does."""
    return next((area for area in _AREAS if path.startswith(area)), None)


def _cookie_path(path: str) -> str:
    return area_of(path) or DESK_PATH


# --- Forms that only our own pages can send


def csrf_token() -> str:
    """Return what a form of this caller must carry: made from the session, before that a cookie."""
    actor: Actor = g.get("actor", NOBODY)
    holder = f"session|{actor.session_id}" if actor.session_id else f"visitor|{_visitor()}"
    return base64.urlsafe_b64encode(blind_index("csrf", holder)).decode().rstrip("=")


def _visitor() -> str:
    if "visitor" not in g:
        known = request.cookies.get(FORM_COOKIE, "")
        g.visitor_is_new = not 0 < len(known) <= _TOKEN_CHARACTERS_MAX
        g.visitor = new_token() if g.visitor_is_new else known
    visitor: str = g.visitor
    return visitor


def accepts_upload(*, bytes_max: int) -> Callable[[View], View]:
    """Mark a view as taking a file: its request may be this large, where others stay small."""

    def mark(view: View) -> View:
        view.upload_bytes_max = bytes_max  # type: ignore[attr-defined]
        return view

    return mark


def refuse_forged_forms() -> None:
    """Refuse what would change something by a form and did not come from a form of ours.

    Raises FormNotOurs. Runs before every view, after the caller is known.
    """
    if request.method in _SAFE_METHODS or request.endpoint is None:
        return
    has_forms = area_of(request.path) is not None
    # A browser sends the desk's cookie to the JSON API too, where no form token travels; there the
    # cookie's SameSite and the content type guard the door, and this header tells on a stranger.
    by_cookie = has_forms or g.get("actor", NOBODY).kind is ActorKind.STAFF
    if by_cookie and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FormNotOurs
    if not has_forms:
        return
    # Reading the form is what reads the body, so the limit of an upload is set before.
    view = current_app.view_functions[request.endpoint]
    bytes_max: int | None = getattr(view, "upload_bytes_max", None)
    if bytes_max is not None:
        request.max_content_length = bytes_max
    sent = request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
        raise FormNotOurs


# --- After something was done: redirect, and say so once


class NoticeKind(StrEnum):
    YES = "yes"
    WAIT = "wait"
    NO = "no"


@dataclass(frozen=True)
class Notice:
    """A sentence for the top of the next page, in the reader's language."""

    kind: NoticeKind
    sentence: str


def see_other(
    url: str, sentence: str = "", *, kind: NoticeKind = NoticeKind.YES, **facts: str | int
) -> Response:
    """Answer a form that was carried out: go to `url`, where `sentence` is said once.

    `sentence` is English marked with N_, its `facts` named as %(name)s. It travels in a signed
    cookie of a minute, so nothing is kept on the server and nobody else can put words there.
    """
    answer = redirect(url, HTTPStatus.SEE_OTHER)
    assert isinstance(answer, Response)
    if sentence:
        text = json.dumps([kind.value, sentence, facts], separators=(",", ":"))
        packed = base64.urlsafe_b64encode(text.encode()).decode()
        answer.set_cookie(
            NOTICE_COOKIE,
            f"{packed}.{_notice_mark(packed)}",
            max_age=_NOTICE_SECONDS,
            path=_cookie_path(urlsplit(url).path),
            **cookie_flags(),
        )
    return answer


def _notice_mark(packed: str) -> str:
    return blind_index("notice", packed).hex()


def taken_notice() -> Notice | None:
    """Return the notice that waits for this reader, and forget it."""
    packed, _, mark = request.cookies.get(NOTICE_COOKIE, "").partition(".")
    if not packed or not hmac.compare_digest(mark.encode(), _notice_mark(packed).encode()):
        return None
    g.notice_taken = True
    kind, sentence, facts = json.loads(base64.urlsafe_b64decode(packed))
    return Notice(NoticeKind(kind), gettext(sentence, **facts))


def keep_page_cookies(response: Response) -> Response:
    """Give a new visitor their form cookie; drop a notice that was shown."""
    if g.get("visitor_is_new"):
        path = _cookie_path(request.path)
        response.set_cookie(FORM_COOKIE, g.visitor, path=path, **cookie_flags())
    if g.get("notice_taken"):
        response.delete_cookie(NOTICE_COOKIE, path=_cookie_path(request.path))
    return response


def way_back(fallback: str = DESK_PATH) -> str:
    """Return the path of the page of ours that led here, for the link on an error page."""
    origin = urlsplit(request.referrer or "")
    if origin.netloc != request.host or not origin.path or origin.path.startswith("//"):
        return fallback
    return f"{origin.path}?{origin.query}" if origin.query else origin.path


def safe_next(path: str, fallback: str = DESK_PATH) -> str:
    """Return `path` if it is a page of the part that `fallback` lies in, else `fallback`.

    Never somebody else's address.
    """
    is_ours = path.startswith(_cookie_path(fallback)) and "\\" not in path and "//" not in path
    return path if is_ours and path.isprintable() else fallback


# --- Lists: filter, page on, export


@dataclass(frozen=True)
class Page(Generic[Row]):
    """A stretch of a list, and the cursor under which it goes on (None: this is the end)."""

    rows: Sequence[Row]
    next_cursor: str | None = None


def page_of(
    rows: Sequence[Row], *, place: Callable[[Row], tuple[str, ...]], size: int = LIST_ROWS
) -> Page[Row]:
    """Make a page of `rows`, which a query fetched with LIMIT `size` + 1.

    `place` names where a row stands in the list's order, as text; the query for the next page gets
    it back from `cursor_place` and takes the rows after it.
    """
    kept = rows[:size]
    more = len(rows) > size
    return Page(kept, encode_cursor(*place(kept[-1])) if more else None)


def cursor_place(*, parts: int) -> list[str] | None:
    """Return the place after which this request wants the list; None is its beginning.

    A cursor that is none of ours is answered with 400.
    """
    cursor = request.args.get("cursor")
    if not cursor:
        return None
    try:
        place = decode_cursor(cursor, parts=parts)
    except ValidationError:
        abort(HTTPStatus.BAD_REQUEST)
    # Base64 reads over characters that are not its own; what it made of them is no place of ours.
    if encode_cursor(*place) != cursor:
        abort(HTTPStatus.BAD_REQUEST)
    return place


def cursor_id() -> UUID | None:
    """Return the place of a list that is ordered by an id; None is its beginning.

    A cursor that is none of ours is answered with 400.
    """
    place = cursor_place(parts=1)
    if place is None:
        return None
    try:
        return UUID(place[0])
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def cursor_moment() -> tuple[datetime, UUID] | None:
    """Return the place of a list that is ordered by a moment and an id; None is its beginning.

    A cursor that is none of ours is answered with 400.
    """
    place = cursor_place(parts=2)
    if place is None:
        return None
    try:
        moment, row_id = datetime.fromisoformat(place[0]), UUID(place[1])
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
    if moment.tzinfo is None:
        abort(HTTPStatus.BAD_REQUEST)
    return moment, row_id


def moment_place(moment: datetime, row_id: UUID) -> tuple[str, str]:
    """Return the place of a row for `page_of`, as `cursor_moment` reads it back."""
    return moment.isoformat(), str(row_id)


def here(**changes: str | None) -> str:
    """Return this page's address with some of its query changed; None removes a part."""
    if request.endpoint is None:
        return request.path
    query = {name: request.args.getlist(name) for name in request.args} | changes
    kept: dict[str, Any] = {name: value for name, value in query.items() if value is not None}
    return url_for(request.endpoint, **(request.view_args or {}), **kept)


def options(words: Mapping[Value, str]) -> list[tuple[Value, str]]:
    """Return the choices of a select: each value with its word in the reader's language."""
    return [(value, gettext(word)) for value, word in words.items()]


def shown_moment(moment: datetime | None) -> str:
    """Return a moment as people at the desk read it, in Shanghai: "2026-11-23 12:05"."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""


def shown_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def attachment(content: bytes, *, filename: str, mimetype: str) -> Response:
    """Answer with a file to be saved, never shown: it cannot run as a page of ours."""
    answer = send_file(
        io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=filename
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


# --- Long work


def progress_json(*, done: int, total: int, finished: bool) -> Response:
    """Answer the progress block's question with the job's own count."""
    return jsonify(done=done, total=total, finished=finished)


def wants_json() -> bool:
    """Say whether the progress block's script is asking, not a person."""
    return request.accept_mimetypes.best == "application/json"
