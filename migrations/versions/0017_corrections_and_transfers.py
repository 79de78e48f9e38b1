"""What is wrong in the register and who put it right; moves from one union to another."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

FIELDS = ("sign_in", "name", "document", "phone", "other")
STATES = ("requested", "escalated", "accepted", "refused", "withdrawn")
STATUSES = (
    "applied",
    "returned",
    "active",
    "transferring",
    "retained",
    "withdrawn",
    "expelled",
    "deceased",
    "duplicate_merged",
)
REQUESTS = "correction_requests"
OPEN = "uq_correction_requests_open"
CHECKS = {
    "correctionfield": "field IN ({})".format(", ".join(f"'{field}'" for field in FIELDS)),
    "sign_in_has_phone_and_name": "field <> 'sign_in' OR (phone_index IS NOT NULL"
    " AND phone_sealed IS NOT NULL AND name_sealed IS NOT NULL)",
    "somebody_asks": "field = 'sign_in' OR member_id IS NOT NULL",
    "decided_is_dated": "(state = 'open') = (decided_at IS NULL)",
}
NULLABLE = ("phone_index", "phone_sealed", "name_sealed")
SEALED = ("document_tail_sealed", "text_sealed", "answer_sealed")


def words(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    extend_corrections()
    make_transfers()


def extend_corrections() -> None:
    for column in NULLABLE:
        op.alter_column(REQUESTS, column, existing_type=sa.LargeBinary(), nullable=True)
    for column in SEALED:
        op.add_column(REQUESTS, sa.Column(column, sa.LargeBinary(), nullable=True))
    # Until now only those who could not sign in asked.
    op.add_column(
        REQUESTS,
        sa.Column("field", sa.String(length=40), nullable=False, server_default="sign_in"),
    )
    op.alter_column(REQUESTS, "field", server_default=None)
    op.add_column(REQUESTS, sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(REQUESTS, sa.Column("decided_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_correction_requests_decided_by"),
        REQUESTS,
        "staff_accounts",
        ["decided_by"],
        ["id"],
    )
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_correction_requests_{name}"), REQUESTS, rule)
    op.drop_index(OPEN, table_name=REQUESTS)
    op.create_index(
        OPEN,
        REQUESTS,
        ["phone_index"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND field = 'sign_in'"),
    )
    op.create_index(
        f"{OPEN}_of_member",
        REQUESTS,
        ["member_id", "field"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND field <> 'sign_in'"),
    )
    op.create_index("ix_correction_requests_phone", REQUESTS, ["phone_index", "id"])
    op.create_index("ix_correction_requests_member", REQUESTS, ["member_id", "id"])


def make_transfers() -> None:
    table = "membership_transfers"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("from_union_id", sa.Uuid(), nullable=False),
        sa.Column("to_union_id", sa.Uuid(), nullable=False),
        sa.Column("status_before", words(STATUSES, "membershipstatus"), nullable=False),
        sa.Column("state", words(STATES, "transferstate"), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "from_union_id <> to_union_id",
            name=op.f("ck_membership_transfers_to_another_union"),
        ),
        sa.CheckConstraint(
            "(state IN ('requested', 'escalated')) = (decided_at IS NULL)",
            name=op.f("ck_membership_transfers_decided_is_dated"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=op.f(f"fk_membership_transfers_{column}")
            )
            for column, other in (
                ("member_id", "members"),
                ("from_union_id", "union_orgs"),
                ("to_union_id", "union_orgs"),
                ("decided_by", "staff_accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_transfers")),
    )
    for column in ("from_union_id", "to_union_id"):
        op.create_index(op.f(f"ix_membership_transfers_{column}"), table, [column])
    op.create_index(
        "uq_membership_transfers_open",
        table,
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'escalated')"),
    )
    op.create_index("ix_membership_transfers_member", table, ["member_id", "id"])
    op.create_index(
        "ix_membership_transfers_waiting",
        table,
        ["asked_at"],
        postgresql_where=sa.text("state = 'requested'"),
    )


def downgrade() -> None:
    op.drop_table("membership_transfers")
    op.drop_index("ix_correction_requests_member", table_name=REQUESTS)
    op.drop_index("ix_correction_requests_phone", table_name=REQUESTS)
    op.drop_index(f"{OPEN}_of_member", table_name=REQUESTS)
    op.drop_index(OPEN, table_name=REQUESTS)
    # The older table knows only those who could not sign in.
    op.execute("DELETE FROM correction_requests WHERE field <> 'sign_in'")
    op.create_index(
        OPEN,
        REQUESTS,
        ["phone_index"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_correction_requests_{name}"), REQUESTS, type_="check")
    op.drop_constraint(op.f("fk_correction_requests_decided_by"), REQUESTS, type_="foreignkey")
    for column in ("decided_by", "decided_at", "field", *SEALED):
        op.drop_column(REQUESTS, column)
    for column in NULLABLE:
        op.alter_column(REQUESTS, column, existing_type=sa.LargeBinary(), nullable=False)
