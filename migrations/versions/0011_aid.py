"""Mutual aid: schemes and covers, claims with their lines and decisions, papers.

What counts once (an invoice, a stay, a place in the period of a cover) and who may not decide twice
stands here, not only in the service: docs/decisions/0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

# Facts that are written once. The sealed columns stay open to a change of keys.
WRITTEN_ONCE = {
    "aid_scheme_versions": "id, scheme_id, effective_from, rules, articles, loaded_at",
    "aid_calculations": "claim_id, number, id, benefit_fen, created_at",
    "aid_decisions": "id, claim_id, round, kind, staff_id, benefit_fen, papers, reason, created_at",
    "aid_claims": "id, member_id, card_id, cover_id, scheme_version_id, benefit, event_date,"
    " facts_digest, submitted_at",
    "aid_claim_lines": "id, claim_id, round, line_no, invoice_index, admission_index,"
    " pool_paid_fen, self_paid_fen, days",
    "aid_covers": "id, member_id, scheme_id, starts_on, shares, enrolled_by, enrolled_at",
}
CHANGEABLE = {
    "aid_calculations": "steps_sealed",
    "aid_decisions": "note_sealed",
    "aid_claims": "event_type_sealed, last_digest, round, state, benefit_fen, assessed_by,"
    " approved_by, confirmed_by, reject_reason, version, waiting_since",
    "aid_claim_lines": "is_live, invoice_no_sealed, hospital_sealed, admission_no_sealed",
    "aid_covers": "ends_on",
}


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    create_schemes()
    create_claims()
    create_lines()
    create_history()
    create_documents()
    for table, columns in WRITTEN_ONCE.items():
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    for table, columns in CHANGEABLE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO union_card_app")


def downgrade() -> None:
    for table in (
        "aid_documents",
        "aid_decisions",
        "aid_calculations",
        "aid_occurrences",
        "aid_claim_lines",
        "aid_claims",
        "aid_covers",
        "aid_scheme_versions",
        "aid_schemes",
    ):
        op.drop_table(table)


def create_schemes() -> None:
    op.create_table(
        "aid_schemes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_aid_schemes_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_schemes")),
        sa.UniqueConstraint("code", name=op.f("uq_aid_schemes_code")),
        sa.UniqueConstraint("programme_id", name=op.f("uq_aid_schemes_programme_id")),
    )
    op.create_table(
        "aid_scheme_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("articles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["aid_schemes.id"], name=op.f("fk_aid_scheme_versions_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_scheme_versions")),
        sa.UniqueConstraint(
            "scheme_id",
            "effective_from",
            name=op.f("uq_aid_scheme_versions_scheme_id_effective_from"),
        ),
    )
    op.create_table(
        "aid_covers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("enrolled_by", sa.Uuid(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("member_id"), "="),
            (sa.column("scheme_id"), "="),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            name="ex_aid_covers_days",
        ),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_aid_covers_ends_after_start")),
        sa.CheckConstraint("shares > 0", name=op.f("ck_aid_covers_shares_positive")),
        sa.ForeignKeyConstraint(
            ["enrolled_by"], ["staff_accounts.id"], name=op.f("fk_aid_covers_enrolled_by")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_aid_covers_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["aid_schemes.id"], name=op.f("fk_aid_covers_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_covers")),
        sa.UniqueConstraint("id", "member_id", name=op.f("uq_aid_covers_id_member_id")),
    )
    op.create_index("ix_aid_covers_member_id", "aid_covers", ["member_id"])


def create_claims() -> None:
    op.create_table(
        "aid_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_version_id", sa.Uuid(), nullable=False),
        sa.Column("benefit", sa.String(length=40), nullable=False),
        sa.Column("event_type_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("facts_digest", sa.LargeBinary(), nullable=False),
        sa.Column("last_digest", sa.LargeBinary(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            one_of(
                "aidclaimstate",
                "submitted",
                "returned",
                "assessed",
                "approved",
                "payable",
                "rejected",
                "withdrawn",
            ),
            nullable=False,
        ),
        sa.Column("benefit_fen", sa.BigInteger(), nullable=False),
        sa.Column("assessed_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column(
            "reject_reason",
            one_of(
                "aidrejectreason",
                "excluded",
                "not_covered",
                "paid_elsewhere",
                "papers_doubtful",
                "papers_missing",
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'rejected') = (reject_reason IS NOT NULL)",
            name=op.f("ck_aid_claims_rejected_why"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'payable')) = (approved_by IS NOT NULL)",
            name=op.f("ck_aid_claims_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'payable' OR benefit_fen > 0", name=op.f("ck_aid_claims_payable_is_something")
        ),
        sa.CheckConstraint(
            "state NOT IN ('assessed', 'approved', 'payable') OR assessed_by IS NOT NULL",
            name=op.f("ck_aid_claims_assessed_by_somebody"),
        ),
        sa.CheckConstraint(
            "approved_by <> assessed_by", name=op.f("ck_aid_claims_approver_is_not_assessor")
        ),
        sa.CheckConstraint("benefit_fen >= 0", name=op.f("ck_aid_claims_benefit_not_negative")),
        sa.CheckConstraint(
            "confirmed_by <> assessed_by AND confirmed_by <> approved_by",
            name=op.f("ck_aid_claims_confirmer_is_a_third"),
        ),
        sa.CheckConstraint("version > 0 AND round > 0", name=op.f("ck_aid_claims_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["staff_accounts.id"], name=op.f("fk_aid_claims_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["assessed_by"], ["staff_accounts.id"], name=op.f("fk_aid_claims_assessed_by")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_aid_claims_card_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["staff_accounts.id"], name=op.f("fk_aid_claims_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["cover_id", "member_id"],
            ["aid_covers.id", "aid_covers.member_id"],
            name=op.f("fk_aid_claims_cover_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_aid_claims_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_version_id"],
            ["aid_scheme_versions.id"],
            name=op.f("fk_aid_claims_scheme_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_claims")),
    )
    op.create_index("ix_aid_claims_cover_id", "aid_claims", ["cover_id"])
    op.create_index("ix_aid_claims_member_id", "aid_claims", ["member_id", "id"])
    op.create_index("ix_aid_claims_waiting", "aid_claims", ["state", "waiting_since", "id"])


def create_lines() -> None:
    op.create_table(
        "aid_claim_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("invoice_no_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("invoice_index", sa.LargeBinary(), nullable=False),
        sa.Column("hospital_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("admission_no_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("admission_index", sa.LargeBinary(), nullable=False),
        sa.Column("pool_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("self_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("line_no > 0", name=op.f("ck_aid_claim_lines_line_no_positive")),
        sa.CheckConstraint(
            "pool_paid_fen >= 0 AND self_paid_fen >= 0 AND days >= 0",
            name=op.f("ck_aid_claim_lines_amounts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["aid_claims.id"], name=op.f("fk_aid_claim_lines_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_claim_lines")),
    )
    op.create_index(
        "uq_aid_claim_lines_admission",
        "aid_claim_lines",
        ["admission_index"],
        unique=True,
        postgresql_where=sa.text("is_live"),
    )
    op.create_index(
        "uq_aid_claim_lines_invoice",
        "aid_claim_lines",
        ["invoice_index"],
        unique=True,
        postgresql_where=sa.text("is_live"),
    )
    op.create_index(
        "uq_aid_claim_lines_place", "aid_claim_lines", ["claim_id", "round", "line_no"], unique=True
    )
    op.create_table(
        "aid_occurrences",
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("benefit", sa.String(length=40), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("maximum", sa.SmallInteger(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "number BETWEEN 1 AND maximum", name=op.f("ck_aid_occurrences_within_maximum")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["aid_claims.id"], name=op.f("fk_aid_occurrences_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["cover_id"], ["aid_covers.id"], name=op.f("fk_aid_occurrences_cover_id")
        ),
        sa.PrimaryKeyConstraint("cover_id", "benefit", "number", name=op.f("pk_aid_occurrences")),
    )
    op.create_index("ix_aid_occurrences_claim_id", "aid_occurrences", ["claim_id"])


def create_history() -> None:
    op.create_table(
        "aid_calculations",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("benefit_fen", sa.BigInteger(), nullable=False),
        sa.Column("steps_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["aid_claims.id"], name=op.f("fk_aid_calculations_claim_id")
        ),
        sa.PrimaryKeyConstraint("claim_id", "number", name=op.f("pk_aid_calculations")),
        sa.UniqueConstraint("id", name=op.f("uq_aid_calculations_id")),
    )
    op.create_table(
        "aid_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            one_of(
                "aiddecisionkind",
                "submitted",
                "resubmitted",
                "returned",
                "assessed",
                "approved",
                "confirmed",
                "rejected",
                "withdrawn",
            ),
            nullable=False,
        ),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("benefit_fen", sa.BigInteger(), nullable=False),
        sa.Column("papers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("claim_id"), "="),
            (sa.column("round"), "="),
            (sa.column("staff_id"), "="),
            (sa.column("kind"), "<>"),
            where=sa.text("kind IN ('assessed', 'approved', 'confirmed')"),
            using="gist",
            name="ex_aid_decisions_one_capacity",
        ),
        sa.CheckConstraint(
            "(kind IN ('submitted', 'resubmitted', 'withdrawn')) = (staff_id IS NULL)",
            name=op.f("ck_aid_decisions_staff_is_named"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["aid_claims.id"], name=op.f("fk_aid_decisions_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_accounts.id"], name=op.f("fk_aid_decisions_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_decisions")),
    )
    op.create_index("ix_aid_decisions_claim_id", "aid_decisions", ["claim_id", "id"])


def create_documents() -> None:
    op.create_table(
        "aid_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "media_type",
            one_of("aidmediatype", "application/pdf", "image/jpeg", "image/png"),
            nullable=False,
        ),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content_index", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_aid_documents_size_positive")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["aid_claims.id"], name=op.f("fk_aid_documents_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_aid_documents_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_documents")),
    )
    op.create_index("ix_aid_documents_claim_id", "aid_documents", ["claim_id"])
    op.create_index("ix_aid_documents_content_index", "aid_documents", ["content_index"])
    op.create_index(
        "ix_aid_documents_loose",
        "aid_documents",
        ["member_id", "uploaded_at"],
        postgresql_where=sa.text("claim_id IS NULL"),
    )
