"""The public pages of a draw: its list, its hash, its result, and the script that repeats it."""

from importlib import resources
from uuid import UUID

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from benefits.errors import ReleaseNotFound
from benefits.pages.words import worded
from benefits.queries import draw_terms, entrant_codes, public_draw, ranked_codes
from benefits.rules.draw import entrant_list, result_file
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.pages import attachment

pages = Blueprint("draws", __name__, url_prefix="/draws", template_folder="../templates")

_TEXT = "text/plain; charset=utf-8"


@pages.get("/<uuid:release_id>")
def draw(release_id: UUID) -> ResponseReturnValue:
    """Show how a draw is decided, and once it is, what anybody can check."""
    with transaction() as session:
        found = public_draw(session, release_id=release_id)
    return render_template("benefits/draw.html", draw=found, now=utc_now(), worded=worded)


@pages.get("/<uuid:release_id>/entrants.txt")
def entrants(release_id: UUID) -> Response:
    """Return the list, to the byte as it was hashed: codes, never names."""
    with transaction() as session:
        release = public_draw(session, release_id=release_id).release
        if release.listed_at is None:
            raise ReleaseNotFound
        codes = entrant_codes(session, release_id=release_id)
    content = entrant_list(draw_terms(release), codes=codes)
    return attachment(content, filename="entrants.txt", mimetype=_TEXT)


@pages.get("/<uuid:release_id>/result.txt")
def result(release_id: UUID) -> Response:
    """Return the seed and everybody in the order drawn."""
    with transaction() as session:
        release = public_draw(session, release_id=release_id).release
        if release.drawn_at is None:
            raise ReleaseNotFound
        ranked = ranked_codes(session, release_id=release_id)
    assert release.list_hash is not None
    assert release.seed is not None
    content = result_file(
        draw_terms(release),
        content_hash=release.list_hash,
        seed=release.seed,
        drawn_at=release.drawn_at,
        ranked=ranked,
    )
    return attachment(content, filename="result.txt", mimetype=_TEXT)


@pages.get("/verify_draw.py")
def script() -> Response:
    """Return the script that repeats a draw with nothing but Python."""
    content = resources.files("benefits").joinpath("data/verify_draw.py").read_bytes()
    return attachment(content, filename="verify_draw.py", mimetype="text/x-python")
