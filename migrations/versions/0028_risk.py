"""Measures against merchants, appeals, the hold on payments, and what the watch flags."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def _enum(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


_SIGNALS = (
    "velocity",
    "at_threshold",
    "first_cards",
    "outside_hours",
    "far_sites",
    "voids",
    "not_me",
    "price_raised",
)
_MOMENT = sa.DateTime(timezone=True)

# A hold and a payment never pass each other: the hold takes the merchant's row, a payment shares it
# and only then looks. The second of the two sees what the first has committed.
GUARDS = """
CREATE FUNCTION guard_sanction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.merchants WHERE id = NEW.merchant_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_sanction BEFORE INSERT ON merchant_sanctions
    FOR EACH ROW EXECUTE FUNCTION guard_sanction();

CREATE FUNCTION guard_payout_of_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.merchants WHERE id = NEW.payee_id FOR SHARE;
    IF EXISTS (
        SELECT FROM public.merchant_sanctions s
        WHERE s.merchant_id = NEW.payee_id AND s.kind = 'payout_hold' AND s.lifted_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the payout of this merchant is held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_payout_not_held';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_payout_of_payment BEFORE INSERT ON payments
    FOR EACH ROW WHEN (NEW.payee_type = 'merchant') EXECUTE FUNCTION guard_payout_of_payment();

CREATE FUNCTION guard_payout_of_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.merchants WHERE id IN (
        SELECT payee_id FROM public.payments
        WHERE batch_id = NEW.id AND payee_type = 'merchant'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT FROM public.payments p
        JOIN public.merchant_sanctions s ON s.merchant_id = p.payee_id
        WHERE p.batch_id = NEW.id AND p.payee_type = 'merchant'
            AND s.kind = 'payout_hold' AND s.lifted_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the payout of a merchant of this batch is held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payout_not_held';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_payout_of_batch BEFORE UPDATE OF state ON payment_batches
    FOR EACH ROW WHEN (NEW.state IN ('approved', 'sent') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION guard_payout_of_batch();
"""
# (signal, threshold, sales_min, window_minutes, opens_hour, closes_hour, weight): a quiet start, to
# be set to the city's own trade at the desk.
RULES = [
    ("velocity", 20, 1, 10, None, None, 20),
    ("at_threshold", 80, 10, 1440, None, None, 30),
    ("first_cards", 80, 20, 1440, None, None, 20),
    ("outside_hours", 10, 1, 1440, 6, 24, 20),
    ("far_sites", 1, 1, 15, None, None, 40),
    ("voids", 5, 1, 1440, None, None, 30),
    ("not_me", 2, 1, 10080, None, None, 50),
    ("price_raised", 10, 1, 10080, None, None, 25),
]


def upgrade() -> None:
    _sanctions()
    _appeals()
    for statement in GUARDS.split("\n\n"):
        op.execute(statement)
    _rules()
    _flags()
    op.create_table(
        "risk_watch",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("looked_until", _MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_risk_watch_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_watch")),
    )
    # What was said and done stays; a row only gets its end, its answer, its decision.
    for table, changeable in (
        ("merchant_sanctions", "lifted_by, lifted_at, lift_reason, version"),
        ("sanction_appeals", "state, answer, answered_by, answered_at"),
        ("risk_flags", "state, decided_by, decided_at, decision_reason, sanction_id"),
    ):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM union_card_app")
        op.execute(f"GRANT UPDATE ({changeable}) ON {table} TO union_card_app")
    op.execute("REVOKE INSERT, DELETE ON risk_rules FROM union_card_app")


def _sanctions() -> None:
    op.create_table(
        "merchant_sanctions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            _enum("warning", "suspension", "payout_hold", "termination", name="sanctionkind"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.Column("lift_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("lifted_by <> set_by", name=op.f("ck_merchant_sanctions_two_people")),
        sa.CheckConstraint(
            "num_nonnulls(lifted_by, lifted_at, lift_reason) IN (0, 3)",
            name=op.f("ck_merchant_sanctions_lifted_whole"),
        ),
        sa.CheckConstraint(
            "kind <> 'termination' OR lifted_at IS NULL",
            name=op.f("ck_merchant_sanctions_end_is_final"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_merchant_sanctions_version_positive")),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_merchant_sanctions_merchant_id_merchants"),
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["staff_accounts.id"],
            name=op.f("fk_merchant_sanctions_set_by_staff_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["staff_accounts.id"],
            name=op.f("fk_merchant_sanctions_lifted_by_staff_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_sanctions")),
        sa.UniqueConstraint(
            "id", "merchant_id", "set_by", name=op.f("uq_merchant_sanctions_id_merchant_id_set_by")
        ),
    )
    op.create_index(
        "uq_merchant_sanctions_one_of_a_kind",
        "merchant_sanctions",
        ["merchant_id", "kind"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL AND kind <> 'warning'"),
    )
    op.create_index(
        "ix_merchant_sanctions_merchant_id", "merchant_sanctions", ["merchant_id", "set_at"]
    )


def _appeals() -> None:
    op.create_table(
        "sanction_appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sanction_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column(
            "state",
            _enum("open", "granted", "rejected", name="sanctionappealstate"),
            nullable=False,
        ),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.CheckConstraint("answered_by <> set_by", name=op.f("ck_sanction_appeals_two_people")),
        sa.CheckConstraint(
            "num_nonnulls(answer, answered_by, answered_at)"
            " = CASE state WHEN 'open' THEN 0 ELSE 3 END",
            name=op.f("ck_sanction_appeals_answered_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["sanction_id", "merchant_id", "set_by"],
            [
                "merchant_sanctions.id",
                "merchant_sanctions.merchant_id",
                "merchant_sanctions.set_by",
            ],
            name="fk_sanction_appeals_sanction",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["staff_accounts.id"],
            name=op.f("fk_sanction_appeals_answered_by_staff_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction_appeals")),
    )
    op.create_index(
        "uq_sanction_appeals_one_open",
        "sanction_appeals",
        ["sanction_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_sanction_appeals_merchant_id", "sanction_appeals", ["merchant_id"])


def _rules() -> None:
    table = op.create_table(
        "risk_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal", _enum(*_SIGNALS, name="signal"), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("sales_min", sa.Integer(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("opens_hour", sa.SmallInteger(), nullable=True),
        sa.Column("closes_hour", sa.SmallInteger(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "threshold BETWEEN 1 AND 10000", name=op.f("ck_risk_rules_threshold_in_range")
        ),
        sa.CheckConstraint(
            "window_minutes BETWEEN 1 AND 10080", name=op.f("ck_risk_rules_window_within_a_week")
        ),
        sa.CheckConstraint(
            "sales_min BETWEEN 1 AND 10000", name=op.f("ck_risk_rules_sales_min_in_range")
        ),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_risk_rules_weight_in_range")),
        sa.CheckConstraint(
            "(signal = 'outside_hours') = (opens_hour IS NOT NULL)"
            " AND (opens_hour IS NULL) = (closes_hour IS NULL)"
            " AND opens_hour >= 0 AND opens_hour < closes_hour AND closes_hour <= 24",
            name=op.f("ck_risk_rules_hours_of_a_day"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_risk_rules_version_positive")),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["staff_accounts.id"],
            name=op.f("fk_risk_rules_changed_by_staff_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_rules")),
        sa.UniqueConstraint("signal", name=op.f("uq_risk_rules_signal")),
    )
    columns = ("signal", "threshold", "sales_min", "window_minutes")
    columns += ("opens_hour", "closes_hour", "weight")
    # Fixed ids, so that every deployment names the same rule by the same address.
    op.bulk_insert(
        table,
        [
            dict(zip(columns, rule, strict=True))
            | {"id": f"00000000-0000-7000-8000-{number:012x}", "active": True, "version": 1}
            for number, rule in enumerate(RULES, start=1)
        ],
    )


def _flags() -> None:
    op.create_table(
        "risk_flags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal", _enum(*_SIGNALS, name="signal"), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("peak_at", _MOMENT, nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("flagged_at", _MOMENT, nullable=False),
        sa.Column("state", _enum("open", "cleared", "confirmed", name="flagstate"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decision_reason", sa.String(length=200), nullable=True),
        sa.Column("sanction_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(decided_by, decided_at, decision_reason)"
            " = CASE state WHEN 'open' THEN 0 ELSE 3 END",
            name=op.f("ck_risk_flags_decided_whole"),
        ),
        sa.CheckConstraint(
            "sanction_id IS NULL OR state = 'confirmed'",
            name=op.f("ck_risk_flags_acted_on_confirmed"),
        ),
        sa.CheckConstraint(
            "matched BETWEEN 0 AND total", name=op.f("ck_risk_flags_matched_of_total")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_risk_flags_merchant_id_merchants")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_risk_flags_terminal_id_terminals")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff_accounts.id"],
            name=op.f("fk_risk_flags_decided_by_staff_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["sanction_id"],
            ["merchant_sanctions.id"],
            name=op.f("fk_risk_flags_sanction_id_merchant_sanctions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_flags")),
        sa.UniqueConstraint(
            "signal", "subject_id", "seen_on", name=op.f("uq_risk_flags_signal_subject_id_seen_on")
        ),
    )
    op.create_index("ix_risk_flags_merchant_id", "risk_flags", ["merchant_id", "flagged_at"])
    op.create_index(
        "ix_risk_flags_open",
        "risk_flags",
        ["flagged_at"],
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("risk_watch")
    op.drop_table("risk_flags")
    op.drop_table("risk_rules")
    op.execute("DROP TRIGGER guard_payout_of_batch ON payment_batches")
    op.execute("DROP TRIGGER guard_payout_of_payment ON payments")
    op.drop_table("sanction_appeals")
    op.drop_table("merchant_sanctions")
    for function in ("guard_payout_of_batch", "guard_payout_of_payment", "guard_sanction"):
        op.execute(f"DROP FUNCTION {function}")
