"""What each package brings to the application. Add a package here and in app/tables.py."""

import click
from flask import Blueprint

from app.cli import db_commands, keys_commands, worker_command
from kernel.web import Blueprint as ApiBlueprint

API_BLUEPRINTS: list[ApiBlueprint] = []
PAGE_BLUEPRINTS: list[Blueprint] = []
COMMANDS: list[click.Command] = [db_commands, keys_commands, worker_command]
