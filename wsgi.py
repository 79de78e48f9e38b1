"""What gunicorn and the `flask` command load: the application made from the environment."""

import os

from app.deployment import check_database
from app.factory import create_app

app = create_app()
# The `flask` command must be able to make the tables that this looks at.
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    check_database(app.config["SETTINGS"])
