"""Long work: what is done in the background, how far it is, and how it ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"

_MOMENT = sa.DateTime(timezone=True)
ONCE = "id, kind, subject, asked, maker_id, asked_at"
CHANGEABLE = (
    "started_at, stage, done, total, cancel_asked_by, cancel_asked_at, finished_at, outcome, answer"
)
KINDS = ("bank_file", "trade_bill", "opening", "closing")
STAGES = ("read", "write", "match", "name", "collect", "note", "compare", "sign", "vouchers")
OUTCOMES = ("done", "refused", "cancelled", "failed")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "works",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", one_of("workkind", *KINDS), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("stage", one_of("workstage", *STAGES), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("cancel_asked_by", sa.Uuid(), nullable=True),
        sa.Column("cancel_asked_at", _MOMENT, nullable=True),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("outcome", one_of("outcome", *OUTCOMES), nullable=True),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (outcome IS NULL) AND (answer IS NULL OR outcome IS NOT NULL)",
            name=op.f("ck_works_ended_once"),
        ),
        sa.CheckConstraint(
            "(cancel_asked_by IS NULL) = (cancel_asked_at IS NULL)",
            name=op.f("ck_works_cancelled_by_somebody"),
        ),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("ck_works_counts_not_negative")),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_works_maker_id")
        ),
        sa.ForeignKeyConstraint(
            ["cancel_asked_by"], ["staff_accounts.id"], name=op.f("fk_works_cancel_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works")),
    )
    op.create_index(
        "uq_works_going_on",
        "works",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("ix_works_asked_at", "works", ["asked_at"])
    op.create_table(
        "work_files",
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name=op.f("fk_work_files_work_id")),
        sa.PrimaryKeyConstraint("work_id", name=op.f("pk_work_files")),
    )
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {ONCE} OR DELETE OR TRUNCATE"
        " ON works FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON works FROM union_card_app")
    op.execute(f"GRANT UPDATE ({CHANGEABLE}) ON works TO union_card_app")


def downgrade() -> None:
    op.drop_table("work_files")
    op.drop_table("works")
