"""What each package brings to the application. Add a package here and in app/tables.py."""

import click
from flask import Blueprint

from app.cli import db_commands, keys_commands, worker_command
from app.desk import desk
from kernel.web import Blueprint as ApiBlueprint
from ledger.cli import ledger_commands
from members.api import api as members_api
from members.cli import members_commands
from merchants.api import api as merchants_api
from staff.cli import staff_commands
from staff.pages import pages as staff_pages

API_BLUEPRINTS: list[ApiBlueprint] = [
    members_api,
    merchants_api,
]
PAGE_BLUEPRINTS: list[Blueprint] = [
    desk,
    staff_pages,
]
COMMANDS: list[click.Command] = [
    db_commands,
    keys_commands,
    worker_command,
    ledger_commands,
    members_commands,
    staff_commands,
]
