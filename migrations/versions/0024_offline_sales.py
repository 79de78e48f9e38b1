"""Sales without a network: leases, records and their verdicts, and what the programmes risk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

EVENTS = ("captured", "approved", "completed", "paid")
ACCOUNT = "01935000-0000-7000-8000-000000050303"
MERCHANTS = "01935000-0000-7000-8000-000000022501"
RULES = {
    "01935000-0001-7000-8000-000000000025": "union_fund",
    "01935000-0001-7000-8000-000000000026": "dues",
    "01935000-0001-7000-8000-000000000027": "fiscal",
    "01935000-0001-7000-8000-000000000028": "aid",
}
JUDGED = (
    "verdict, judged_at, reason, borne_by, redemption_id, sold_on, cut_fen, replay_of, signed_at"
)

# What was judged stays judged, and what a till signed stays what it signed.
GUARD_RECORD = """
CREATE FUNCTION guard_offline_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.verdict <> 'waiting' THEN
        RAISE EXCEPTION 'the verdict on record % is final', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_offline_records_verdict_final';
    END IF;
    RETURN NEW;
END
$$
"""


def allow_events(*events: str) -> None:
    """Let posting rules be about these events, and no others."""
    op.drop_constraint(op.f("ck_posting_rules_postingevent"), "posting_rules", type_="check")
    allowed = ", ".join(f"'{event}'" for event in events)
    op.create_check_constraint(
        op.f("ck_posting_rules_postingevent"), "posting_rules", f"event IN ({allowed})"
    )


def upgrade() -> None:
    allow_events(*EVENTS, "offline_risk")
    add_to_chart()
    create_policy()
    create_leases()
    create_records()


def downgrade() -> None:
    op.drop_table("offline_records")
    op.execute("DROP FUNCTION guard_offline_record()")
    op.drop_table("leases")
    op.drop_table("offline_policies")
    op.execute("ALTER TABLE posting_rules DISABLE TRIGGER append_only")
    op.execute("DELETE FROM posting_rules WHERE event = 'offline_risk'")
    op.execute("ALTER TABLE posting_rules ENABLE TRIGGER append_only")
    allow_events(*EVENTS)


def add_to_chart() -> None:
    """Add the account and its rules where the shipped chart has been loaded before."""
    op.execute(
        f"""
        INSERT INTO accounts (id, code, name_zh, name_en, kind, book)
        SELECT '{ACCOUNT}', '50303', '职工服务支出—离线核销风险',
            'Workers'' services: risk of sales without a network', 'expense', 'union'
        WHERE EXISTS (SELECT FROM accounts WHERE id = '{MERCHANTS}')
        ON CONFLICT DO NOTHING
        """
    )
    for rule, fund_source in RULES.items():
        op.execute(
            f"""
            INSERT INTO posting_rules (id, family, fund_source, event, book, debit_account_id,
                credit_account_id, party_side)
            SELECT '{rule}', 'discount', '{fund_source}', 'offline_risk', 'union', id,
                '{MERCHANTS}', 'credit'
            FROM accounts WHERE id = '{ACCOUNT}'
            ON CONFLICT DO NOTHING
            """
        )


def create_policy() -> None:
    op.create_table(
        "offline_policies",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("per_sale_fen", sa.BigInteger(), nullable=False),
        sa.Column("per_day_fen", sa.BigInteger(), nullable=False),
        sa.Column("per_day_sales", sa.Integer(), nullable=False),
        sa.Column("lease_hours", sa.Integer(), nullable=False),
        sa.Column("late_hours", sa.Integer(), nullable=False),
        sa.Column("card_risk_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_policies")),
        sa.CheckConstraint("id = 1", name=op.f("ck_offline_policies_one_row")),
        sa.CheckConstraint(
            "per_sale_fen >= 0 AND per_day_fen >= 0 AND per_day_sales >= 0 AND card_risk_fen >= 0",
            name=op.f("ck_offline_policies_amounts_not_negative"),
        ),
        sa.CheckConstraint(
            "lease_hours BETWEEN 1 AND 72", name=op.f("ck_offline_policies_lease_hours_in_range")
        ),
        sa.CheckConstraint(
            "late_hours BETWEEN 1 AND 72", name=op.f("ck_offline_policies_late_hours_in_range")
        ),
    )
    # Small amounts, a day, and the 72 hours of the agreements.
    op.execute("INSERT INTO offline_policies VALUES (1, 10000, 200000, 200, 24, 72, 10000)")
    op.execute("REVOKE INSERT, DELETE, TRUNCATE ON offline_policies FROM union_card_app")


def create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("per_sale_fen", sa.BigInteger(), nullable=False),
        sa.Column("per_day_fen", sa.BigInteger(), nullable=False),
        sa.Column("per_day_sales", sa.Integer(), nullable=False),
        sa.Column("offers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_leases_terminal_id")
        ),
        sa.CheckConstraint("issued_at <= renewed_at", name=op.f("ck_leases_renewed_after_issue")),
        sa.CheckConstraint("issued_at < expires_at", name=op.f("ck_leases_lives_a_while")),
        sa.CheckConstraint(
            "per_sale_fen >= 0 AND per_day_fen >= 0 AND per_day_sales >= 0",
            name=op.f("ck_leases_amounts_not_negative"),
        ),
    )
    op.create_index("ix_leases_terminal", "leases", ["terminal_id", "issued_at"])
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON leases FROM union_card_app")
    op.execute("GRANT UPDATE (renewed_at) ON leases TO union_card_app")


def create_records() -> None:
    op.create_table(
        "offline_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev", sa.String(length=43), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(), nullable=False),
        sa.Column("facts_digest", sa.LargeBinary(), nullable=False),
        sa.Column("jws", sa.String(), nullable=False),
        sa.Column("in_chain", sa.Boolean(), nullable=False),
        sa.Column("after_gap", sa.Boolean(), nullable=False),
        sa.Column("offer_version_id", sa.Uuid(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "verdict", one_of("recordverdict", "waiting", "captured", "refused"), nullable=False
        ),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column(
            "borne_by", one_of("borneby", "limit", "offline_risk", "merchant"), nullable=True
        ),
        sa.Column("redemption_id", sa.Uuid(), nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=True),
        sa.Column("cut_fen", sa.BigInteger(), nullable=False),
        sa.Column("replay_of", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_records")),
        *[
            sa.ForeignKeyConstraint([name], [to], name=op.f(f"fk_offline_records_{name}"))
            for name, to in (
                ("terminal_id", "terminals.id"),
                ("sent_by", "terminals.id"),
                ("lease_id", "leases.id"),
                ("redemption_id", "redemptions.id"),
                ("replay_of", "verifications.id"),
            )
        ],
        sa.UniqueConstraint("redemption_id", name=op.f("uq_offline_records_redemption_id")),
        *[
            sa.CheckConstraint(rule, name=op.f(f"ck_offline_records_{name}"))
            for name, rule in (
                ("amounts_in_range", "seq > 0 AND gross_fen > 0 AND cut_fen >= 0"),
                ("hashes", "length(record_hash) = 32 AND length(facts_digest) = 32"),
                ("judged_has_moment", "(verdict = 'waiting') = (judged_at IS NULL)"),
                (
                    "captured_is_a_sale",
                    (
                        "(verdict = 'captured') = (redemption_id IS NOT NULL) AND "
                        "(verdict = 'captured') = (sold_on IS NOT NULL)"
                    ),
                ),
                (
                    "somebody_bears_it",
                    (
                        "(verdict = 'waiting') = (borne_by IS NULL) AND "
                        "(verdict <> 'refused' OR borne_by = 'merchant')"
                    ),
                ),
                ("refused_says_why", "verdict = 'captured' OR reason IS NOT NULL"),
                ("outside_is_refused", "in_chain OR verdict = 'refused'"),
            )
        ],
    )
    op.create_index(
        "uq_offline_records_chain",
        "offline_records",
        ["terminal_id", "seq"],
        unique=True,
        postgresql_where=sa.text("in_chain"),
    )
    op.create_index(
        "ix_offline_records_terminal", "offline_records", ["terminal_id", "received_at"]
    )
    op.create_index(
        "ix_offline_records_day",
        "offline_records",
        ["terminal_id", "sold_on"],
        postgresql_where=sa.text("verdict = 'captured'"),
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON offline_records FROM union_card_app")
    op.execute(f"GRANT UPDATE ({JUDGED}) ON offline_records TO union_card_app")
    op.execute(GUARD_RECORD)
    op.execute(
        "CREATE TRIGGER guard BEFORE UPDATE ON offline_records"
        " FOR EACH ROW EXECUTE FUNCTION guard_offline_record()"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON offline_records"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
