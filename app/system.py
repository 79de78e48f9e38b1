"""Addresses that belong to no package: health, metrics, the front door, problem pages."""

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from app.locales import LANGUAGES, keep_language
from app.metrics import FROM_DATABASE
from kernel.db import is_reachable
from kernel.errors import all_refusals
from kernel.web import NotFound

system = Blueprint("system", __name__)


@system.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process lives; asks nothing of anybody."""
    return {"ok": True}


@system.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether requests can be served: the database answers."""
    ready = is_reachable()
    return {"ok": ready}, 200 if ready else 503


@system.get("/metrics")
def metrics() -> Response:
    """Tell what this process counted, and what the database says for all of them."""
    told = generate_latest(REGISTRY) + generate_latest(FROM_DATABASE)
    return Response(told, content_type=CONTENT_TYPE_LATEST)


@system.get("/")
def home() -> ResponseReturnValue:
    """Show the three doors: member, till, desk."""
    return render_template("home.html")


@system.get("/problems/<code>")
def problem_page(code: str) -> ResponseReturnValue:
    """Explain a problem's `type`, which is a link to here."""
    for refusal in all_refusals():
        if refusal.code == code:
            return render_template("problem.html", code=code, title=gettext(refusal.title))
    raise NotFound


@system.post("/language")
def choose_language() -> ResponseReturnValue:
    """Keep the reader's language in a cookie and go back to where they were."""
    language = request.form.get("language", "")
    back = request.form.get("back", "/")
    # Only a path of our own: never an address that somebody else chose.
    answer = redirect(back if back.startswith("/") and not back.startswith("//") else "/")
    if language in LANGUAGES:
        keep_language(answer, language)
    return answer
