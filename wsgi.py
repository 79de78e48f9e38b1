"""What gunicorn and the `flask` command load: the application made from the environment."""

from app.factory import create_app

app = create_app()
