"""Managers of merchants: accounts, sign-in, clerks, their tills, applications, proposed sites."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

# Column, allowed before, allowed since.
_WIDENED = (
    (
        "audit_entries",
        "actor_kind",
        "ck_audit_entries_actorkind",
        ("nobody", "member", "terminal", "staff", "system"),
        ("nobody", "member", "terminal", "manager", "staff", "system"),
    ),
    (
        "merchants",
        "state",
        "ck_merchants_merchantstate",
        ("applied", "active", "suspended", "ended"),
        ("applied", "refused", "active", "suspended", "ended"),
    ),
    (
        "sites",
        "state",
        "ck_sites_sitestate",
        ("open", "closed"),
        ("proposed", "open", "closed"),
    ),
)


def _allow(table: str, column: str, name: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(name), table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    # Not looked through while the table is locked, and then without a lock on its writers.
    op.create_check_constraint(
        op.f(name), table, f"{column} IN ({listed})", postgresql_not_valid=True
    )
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _state(*values: str, name: str) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column("state", kind, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for table, column, name, _, values in _WIDENED:
        _allow(table, column, name, values)
    op.add_column("sites", sa.Column("state_reason", sa.String(length=200), nullable=True))
    op.create_table(
        "merchant_managers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        _state("applied", "invited", "active", "ended", name="managerstate"),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _moment("activated_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)",
            name=op.f("ck_merchant_managers_ended_has_moment"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_merchant_managers_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["merchant_managers.id"], name=op.f("fk_merchant_managers_invited_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_managers")),
    )
    op.create_index(op.f("ix_merchant_managers_merchant_id"), "merchant_managers", ["merchant_id"])
    op.create_index("ix_merchant_managers_phone_index", "merchant_managers", ["phone_index"])
    op.create_index(
        "uq_merchant_managers_live",
        "merchant_managers",
        ["merchant_id", "phone_index"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "manager_codes",
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        _moment("sent_at"),
        _moment("expires_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("used_at", nullable=True),
        sa.Column("sends_on", sa.Date(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("phone_index", name=op.f("pk_manager_codes")),
    )
    op.create_table(
        "manager_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        _moment("created_at"),
        _moment("last_seen_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["merchant_managers.id"], name=op.f("fk_manager_sessions_manager_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_manager_sessions_token_hash")),
    )
    op.create_index(op.f("ix_manager_sessions_manager_id"), "manager_sessions", ["manager_id"])
    op.create_index(op.f("ix_manager_sessions_expires_at"), "manager_sessions", ["expires_at"])
    op.create_table(
        "merchant_application_tries",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries > 0", name=op.f("ck_merchant_application_tries_tries_positive")),
        sa.PrimaryKeyConstraint("subject", "day", name=op.f("pk_merchant_application_tries")),
    )
    op.create_table(
        "clerks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        _state("invited", "active", "ended", name="clerkstate"),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        _moment("invited_at"),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_clerks_ended_has_moment")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_clerks_merchant_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_clerks_site_id")),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["merchant_managers.id"], name=op.f("fk_clerks_invited_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clerks")),
    )
    op.create_index(op.f("ix_clerks_merchant_id"), "clerks", ["merchant_id"])
    op.create_index(op.f("ix_clerks_site_id"), "clerks", ["site_id"])
    for table in ("terminals", "pairing_codes"):
        op.add_column(table, sa.Column("clerk_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_clerk_id"), table, "clerks", ["clerk_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_clerk_id"), table, ["clerk_id"])
    op.add_column("pairing_codes", sa.Column("manager_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_pairing_codes_manager_id"),
        "pairing_codes",
        "merchant_managers",
        ["manager_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_pairing_codes_made_by_one"),
        "pairing_codes",
        "num_nonnulls(created_by, manager_id) <= 1",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_pairing_codes_made_by_one"), "pairing_codes", type_="check")
    op.drop_column("pairing_codes", "manager_id")
    for table in ("pairing_codes", "terminals"):
        op.drop_column(table, "clerk_id")
    for table in (
        "clerks",
        "merchant_application_tries",
        "manager_sessions",
        "manager_codes",
        "merchant_managers",
    ):
        op.drop_table(table)
    op.drop_column("sites", "state_reason")
    for table, column, name, values, _ in reversed(_WIDENED):
        _allow(table, column, name, values)
