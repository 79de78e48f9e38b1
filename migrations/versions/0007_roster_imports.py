"""Uploaded rosters on their way into the register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("paths", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "previewing",
                "previewed",
                "committing",
                "committed",
                "failed",
                "discarded",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "lines_done >= 0", name=op.f("ck_roster_imports_lines_done_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["staff_accounts.id"], name=op.f("fk_roster_imports_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_imports")),
    )
    op.create_index(
        op.f("ix_roster_imports_uploaded_by"), "roster_imports", ["uploaded_by"], unique=False
    )
    op.create_table(
        "roster_import_refusals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=60), nullable=False),
        sa.Column("cells_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["roster_imports.id"], name=op.f("fk_roster_import_refusals_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import_refusals")),
    )
    op.create_index(
        "uq_roster_import_refusals_line",
        "roster_import_refusals",
        ["import_id", "line"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("roster_import_refusals")
    op.drop_table("roster_imports")
