"""The log of what was captured, decided, issued, paid and closed; the key that signs it."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "captured",
    "taken_back",
    "booked",
    "claim_decided",
    "course_decided",
    "dispute_decided",
    "statement_issued",
    "statement_approved",
    "batch_sent",
    "bank_line",
    "matched",
    "match_undone",
    "month_closed",
)


def _enum(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _is_sha256(table: str, column: str = "hash") -> sa.CheckConstraint:
    return sa.CheckConstraint(f"length({column}) = 32", name=op.f(f"ck_{table}_is_sha256"))


def upgrade() -> None:
    op.create_table(
        "audit_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thumbprint", sa.String(length=43), nullable=False),
        sa.Column("public_jwk", sa.String(length=200), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_keys")),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_audit_keys_thumbprint")),
    )
    _log()
    _watch()
    # A sale comes in the order of time, so a summary per block finds what is new.
    op.create_index(
        "ix_redemptions_captured_at", "redemptions", ["captured_at"], postgresql_using="brin"
    )
    for table in ("proof_leaves", "proof_nodes", "checkpoints"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    op.execute("REVOKE UPDATE, DELETE ON audit_keys FROM union_card_app")
    op.execute("REVOKE INSERT, DELETE ON proof_watch FROM union_card_app")


def _log() -> None:
    op.create_table(
        "proof_leaves",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("kind", _enum(*KINDS, name="recordkind"), nullable=False),
        sa.Column("record_key", sa.String(length=60), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("logged_at", _MOMENT, nullable=False),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_proof_leaves_counts_from_0")),
        _is_sha256("proof_leaves"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_proof_leaves")),
        sa.UniqueConstraint("kind", "record_key", name=op.f("uq_proof_leaves_kind_record_key")),
    )
    op.create_table(
        "proof_nodes",
        sa.Column("level", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "level > 0 AND level % 8 = 0", name=op.f("ck_proof_nodes_every_eighth_level")
        ),
        _is_sha256("proof_nodes"),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_proof_nodes")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_checkpoints_says_something")),
        _is_sha256("checkpoints", "root"),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )


def _watch() -> None:
    op.create_table(
        "proof_faults",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("fault", _enum("changed", "gone", name="faultkind"), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["proof_leaves.seq"], name=op.f("fk_proof_faults_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_proof_faults")),
    )
    watch = op.create_table(
        "proof_watch",
        sa.Column("id", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("logged_until", _MOMENT, nullable=True),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("round_ended_at", _MOMENT, nullable=True),
        sa.Column("looked_at", _MOMENT, nullable=True),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_proof_watch_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_watch")),
    )
    op.bulk_insert(watch, [{"id": 1, "next_seq": 0, "waiting": 0}])


def downgrade() -> None:
    op.drop_index("ix_redemptions_captured_at", table_name="redemptions")
    for table in (
        "proof_watch",
        "proof_faults",
        "checkpoints",
        "proof_nodes",
        "proof_leaves",
        "audit_keys",
    ):
        op.drop_table(table)
