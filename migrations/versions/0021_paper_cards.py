"""Cards on paper: proofs at a desk, batches, their lines and files, and policy's numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_POLICY = (
    ("paper_days", sa.Integer(), "730", "paper_days BETWEEN 1 AND 800", "paper_days_in_range"),
    (
        "paper_kept_days",
        sa.Integer(),
        "7",
        "paper_kept_days BETWEEN 1 AND 90",
        "paper_kept_days_in_range",
    ),
    (
        "static_daily_fen",
        sa.BigInteger(),
        "50000",
        "static_daily_fen >= 0",
        "static_daily_not_negative",
    ),
)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    # The table has one row.
    for name, kind, default, condition, constraint in _POLICY:
        op.add_column(
            "card_policies", sa.Column(name, kind, nullable=False, server_default=default)
        )
        op.alter_column("card_policies", name, server_default=None)
        op.create_check_constraint(
            op.f(f"ck_card_policies_{constraint}"), "card_policies", condition
        )
    op.add_column(
        "card_policies",
        sa.Column("paper_has_hint", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.alter_column("card_policies", "paper_has_hint", server_default=None)
    op.create_table(
        "desk_proofs",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("seen_by", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "consent_version > 0", name=op.f("ck_desk_proofs_consent_version_positive")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_desk_proofs_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["staff_accounts.id"], name=op.f("fk_desk_proofs_seen_by")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_desk_proofs")),
    )
    op.create_index(op.f("ix_desk_proofs_seen_by"), "desk_proofs", ["seen_by"])
    _create_batches()
    _create_lines()
    op.create_table(
        "paper_parts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "number >= 0 AND cards > 0", name=op.f("ck_paper_parts_counts_sensible")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["paper_batches.id"], name=op.f("fk_paper_parts_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_parts")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_paper_parts_batch_id_number")),
    )


def _create_batches() -> None:
    op.create_table(
        "paper_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("layout", _enum("paperlayout", "card", "sheet"), nullable=False),
        sa.Column(
            "state",
            _enum("paperstate", "waiting", "issuing", "drawing", "done"),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done = printed + refused", name=op.f("ck_paper_batches_counts_add_up")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["staff_accounts.id"], name=op.f("fk_paper_batches_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["union_id"], ["union_orgs.id"], name=op.f("fk_paper_batches_union_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_batches")),
    )
    op.create_index(op.f("ix_paper_batches_requested_by"), "paper_batches", ["requested_by"])
    op.create_index(op.f("ix_paper_batches_union_id"), "paper_batches", ["union_id"])


def _create_lines() -> None:
    op.create_table(
        "paper_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "part IS NULL OR refusal IS NULL", name=op.f("ck_paper_lines_one_outcome")
        ),
        sa.CheckConstraint(
            "text_sealed IS NULL OR part IS NOT NULL", name=op.f("ck_paper_lines_text_is_issued")
        ),
        sa.CheckConstraint(
            "detail_sealed IS NULL OR refusal IS NOT NULL",
            name=op.f("ck_paper_lines_detail_of_refusal"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["paper_batches.id"], name=op.f("fk_paper_lines_batch_id")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_paper_lines_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_lines")),
        sa.UniqueConstraint("batch_id", "place", name=op.f("uq_paper_lines_batch_id_place")),
        sa.UniqueConstraint("batch_id", "card_id", name=op.f("uq_paper_lines_batch_id_card_id")),
    )
    op.create_index(op.f("ix_paper_lines_card_id"), "paper_lines", ["card_id"])
    op.create_index(
        "ix_paper_lines_waiting",
        "paper_lines",
        ["batch_id", "place"],
        postgresql_where=sa.text("part IS NULL AND refusal IS NULL"),
    )


def downgrade() -> None:
    for table in ("paper_parts", "paper_lines", "paper_batches", "desk_proofs"):
        op.drop_table(table)
    op.drop_column("card_policies", "paper_has_hint")
    for name, _, _, _, constraint in reversed(_POLICY):
        op.drop_constraint(op.f(f"ck_card_policies_{constraint}"), "card_policies", type_="check")
        op.drop_column("card_policies", name)
