"""What a database was made for: a demo never opens a production register, nor the other way.

The mode is written by the first `flask db upgrade` and never changes.
"""

from sqlalchemy import CheckConstraint, SmallInteger, String, create_engine, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.config import Settings, SettingsError
from kernel.db import Base, reading
from kernel.persons import Mode


class Deployment(Base):
    """The one row that says which mode this database belongs to."""

    __tablename__ = "deployments"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    mode: Mapped[str] = mapped_column(String(20))


_MARK = text("INSERT INTO deployments (id, mode) VALUES (1, :mode) ON CONFLICT (id) DO NOTHING")


def mark_database(settings: Settings) -> None:
    """Write the mode into a new database, as its owner. Raises SettingsError if it has another."""
    engine = create_engine(settings.database_owner_url)
    try:
        with engine.begin() as connection:
            connection.execute(_MARK, {"mode": settings.mode.value})
            found = connection.scalar(select(Deployment.mode))
    finally:
        engine.dispose()
    _compare(found, settings.mode)


def check_database(settings: Settings) -> None:
    """Raise SettingsError if the service would work on a database of the other mode."""
    with reading() as connection:
        _compare(connection.scalar(select(Deployment.mode)), settings.mode)


def _compare(found: str | None, mode: Mode) -> None:
    if found is None:
        raise SettingsError("This database has no mode yet: run `flask db upgrade` first.")
    if found != mode.value:
        raise SettingsError(
            f"This database was made for {found}, and MODE is {mode.value}: "
            "demo data and real people never share one."
        )
