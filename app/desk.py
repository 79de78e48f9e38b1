"""The desk's front page: the pages my roles open, and what waits for me on each."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.navigation import desk_sections
from kernel.db import transaction
from kernel.web import current_actor
from staff.queries import own_account

desk = Blueprint("desk", __name__, url_prefix="/desk")


@dataclass(frozen=True)
class Tile:
    """A page as the front page shows it; `count` is None where nothing is counted."""

    label: str
    url: str
    count: int | None


@dataclass(frozen=True)
class TileSection:
    label: str
    tiles: tuple[Tile, ...]


@desk.get("/")
def home() -> ResponseReturnValue:
    """Show what needs attention, for the roles of whoever is signed in."""
    actor = current_actor()
    with transaction() as session:
        account = own_account(session, actor=actor)
        sections = [
            TileSection(
                section.label,
                tuple(
                    Tile(link.label, link.url, link.waiting and link.waiting(session, actor))
                    for link in section.links
                ),
            )
            for section in desk_sections()
        ]
    return render_template("desk_home.html", account=account, sections=sections)
