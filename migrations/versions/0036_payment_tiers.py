"""Payments by amount: who checks and how many approve, the paying accounts, layouts of files."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_MOMENT = sa.DateTime(timezone=True)
# What stands until two people say otherwise: one approval; from ¥50,000 also a check; from
# ¥500,000 a second approval.
DEFAULT = (
    "INSERT INTO payment_tiers"
    " (id, check_from_fen, twice_from_fen, proposed_at, approved_at, version) VALUES"
    " ('0192f0c4-0000-7000-8000-000000000001', 5000000, 50000000, now(), now(), 1)"
)
BATCH_ONCE = "id, number, book, payments, total_fen, maker_id, prepared_at"
STATES = ("prepared", "checked", "approved_once", "approved", "sent", "cancelled")

# A batch needs what the tiers in force say of its total, whatever the program thinks.
TIER_BATCH = """
CREATE FUNCTION tier_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tiers public.payment_tiers;
BEGIN
    SELECT * INTO tiers FROM public.payment_tiers
    WHERE approved_at IS NOT NULL ORDER BY number DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody has said who approves payments'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_as_tiered';
    END IF;
    NEW.needs_check := NEW.total_fen >= tiers.check_from_fen;
    NEW.approvals := CASE WHEN NEW.total_fen >= tiers.twice_from_fen THEN 2 ELSE 1 END;
    RETURN NEW;
END
$$
"""
_FINAL = """
    IF OLD.state IN ('sent', 'cancelled') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'batch % was sent or cancelled, for good', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_final';
    END IF;
"""
_SUM = """
    IF NEW.state IN ({states}) AND OLD.state <> NEW.state
        AND ((NEW.payments, NEW.total_fen) = (
            SELECT count(*), sum(amount_fen) FROM public.payments
            WHERE batch_id = NEW.id AND state <> 'cancelled')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'batch % does not come to what its payments do', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_sum';
    END IF;
    IF NEW.state = 'sent' AND OLD.state <> 'approved' AND OLD.state <> 'sent' THEN
        RAISE EXCEPTION 'batch % goes to the bank only when approved', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_approved_first';
    END IF;
"""
_SIGNED = """
    IF OLD.checker_id <> NEW.checker_id OR OLD.first_approver_id <> NEW.first_approver_id
        OR OLD.approver_id <> NEW.approver_id
        OR num_nonnulls(NEW.checker_id, NEW.first_approver_id, NEW.approver_id)
            < num_nonnulls(OLD.checker_id, OLD.first_approver_id, OLD.approver_id) THEN
        RAISE EXCEPTION 'who signed batch % has signed it', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_signed_for_good';
    END IF;
"""
_GUARD = """
CREATE OR REPLACE FUNCTION guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{body}
    RETURN NEW;
END
$$
"""
GUARD_BATCH = _GUARD.format(
    body=_FINAL + _SUM.format(states="'checked', 'approved_once', 'approved', 'sent'") + _SIGNED
)
GUARD_BATCH_BEFORE = _GUARD.format(body=_FINAL + _SUM.format(states="'approved', 'sent'"))
GUARD_TRIGGER = (
    "CREATE TRIGGER guard BEFORE UPDATE OF {columns} ON payment_batches"
    " FOR EACH ROW EXECUTE FUNCTION guard_batch()"
)
# Tiers that were approved, or withdrawn, are over.
GUARD_TIERS = """
CREATE FUNCTION guard_tiers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND num_nonnulls(NEW.approved_at, NEW.withdrawn_at) > 0
        OR TG_OP = 'UPDATE' AND num_nonnulls(OLD.approved_at, OLD.withdrawn_at) > 0 THEN
        RAISE EXCEPTION 'tiers are proposed, then approved or withdrawn, once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_tiers_decided_once';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    _tiers()
    _paying_accounts()
    _batches()
    for table, columns, changeable in (
        (
            "payment_tiers",
            "id, number, check_from_fen, twice_from_fen, maker_id, proposed_at",
            "approver_id, approved_at, withdrawn_at, version",
        ),
        (
            "paying_accounts",
            "id, book, holder, account_number, bank_name, bank_code, set_by, set_at",
            "ended_at",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
        op.execute(f"GRANT UPDATE ({changeable}) ON {table} TO union_card_app")
    op.execute(DEFAULT)
    op.execute(GUARD_TIERS)
    op.execute(
        "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON payment_tiers"
        " FOR EACH ROW EXECUTE FUNCTION guard_tiers()"
    )
    op.execute(TIER_BATCH)
    op.execute(
        "CREATE TRIGGER tiered BEFORE INSERT ON payment_batches"
        " FOR EACH ROW EXECUTE FUNCTION tier_batch()"
    )
    op.execute(GUARD_BATCH)
    op.execute("DROP TRIGGER guard ON payment_batches")
    op.execute(GUARD_TRIGGER.format(columns="state, checker_id, first_approver_id, approver_id"))


def _tiers() -> None:
    op.create_table(
        "payment_tiers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("check_from_fen", sa.BigInteger(), nullable=False),
        sa.Column("twice_from_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", _MOMENT, nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", _MOMENT, nullable=True),
        sa.Column("withdrawn_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_payment_tiers_two_people")),
        sa.CheckConstraint(
            "(approver_id IS NULL) = (approved_at IS NULL) OR (number = 1 AND maker_id IS NULL)",
            name=op.f("ck_payment_tiers_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "maker_id IS NOT NULL OR number = 1",
            name=op.f("ck_payment_tiers_proposed_by_somebody"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(approved_at, withdrawn_at) < 2",
            name=op.f("ck_payment_tiers_one_end"),
        ),
        sa.CheckConstraint(
            "0 <= check_from_fen AND check_from_fen <= twice_from_fen",
            name=op.f("ck_payment_tiers_in_order"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_payment_tiers_version_positive")),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_payment_tiers_maker_id")
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_accounts.id"], name=op.f("fk_payment_tiers_approver_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_tiers")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_tiers_number")),
    )
    op.create_index(
        "uq_payment_tiers_waiting",
        "payment_tiers",
        [sa.text("(approved_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("approved_at IS NULL AND withdrawn_at IS NULL"),
    )


def _paying_accounts() -> None:
    op.create_table(
        "paying_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "book",
            sa.Enum(
                *("union", "mutual_aid"),
                name="book",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("holder", sa.String(length=140), nullable=False),
        sa.Column("account_number", sa.String(length=34), nullable=False),
        sa.Column("bank_name", sa.String(length=140), nullable=False),
        sa.Column("bank_code", sa.String(length=12), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.CheckConstraint("bank_code ~ '^[0-9]{12}$'", name=op.f("ck_paying_accounts_bank_code")),
        sa.ForeignKeyConstraint(
            ["set_by"], ["staff_accounts.id"], name=op.f("fk_paying_accounts_set_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paying_accounts")),
    )
    op.create_index(
        "uq_paying_accounts_in_use",
        "paying_accounts",
        ["book"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _batches() -> None:
    for column in (
        sa.Column("needs_check", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("approvals", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("profile", sa.String(length=40), nullable=False, server_default="csv"),
    ):
        op.add_column("payment_batches", column)
        op.alter_column("payment_batches", column.name, server_default=None)
    for column in (
        sa.Column("checker_id", sa.Uuid(), nullable=True),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.Column("first_approver_id", sa.Uuid(), nullable=True),
        sa.Column("first_approved_at", _MOMENT, nullable=True),
        sa.Column("paid_from_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("payment_batches", column)
    op.alter_column("payment_batches", "profile", server_default="csv")
    for column, table in (
        ("checker_id", "staff_accounts"),
        ("first_approver_id", "staff_accounts"),
        ("paid_from_id", "paying_accounts"),
    ):
        op.create_foreign_key(
            op.f(f"fk_payment_batches_{column}"), "payment_batches", table, [column], ["id"]
        )
    op.drop_constraint(op.f("ck_payment_batches_batchstate"), "payment_batches", type_="check")
    allowed = ", ".join(f"'{state}'" for state in STATES)
    for name, condition in (
        ("batchstate", f"state IN ({allowed})"),
        ("approvals_known", "approvals IN (1, 2)"),
        (
            "checked_by_somebody",
            (
                "(checker_id IS NULL) = (checked_at IS NULL)"
                " AND (state = 'checked') <= (checker_id IS NOT NULL)"
                " AND (needs_check AND state IN ('approved_once', 'approved', 'sent'))"
                " <= (checker_id IS NOT NULL)"
            ),
        ),
        (
            "approved_twice",
            (
                "(first_approver_id IS NULL) = (first_approved_at IS NULL)"
                " AND (state = 'approved_once') <= (first_approver_id IS NOT NULL)"
                " AND (approvals = 2 AND state IN ('approved', 'sent'))"
                " <= (first_approver_id IS NOT NULL)"
            ),
        ),
        (
            "checker_differs",
            (
                "checker_id <> maker_id AND checker_id <> first_approver_id"
                " AND checker_id <> approver_id"
            ),
        ),
        (
            "approvers_differ",
            "first_approver_id <> maker_id AND first_approver_id <> approver_id",
        ),
    ):
        op.create_check_constraint(op.f(f"ck_payment_batches_{name}"), "payment_batches", condition)
    _write_once(BATCH_ONCE + ", needs_check, approvals")
    op.execute(
        "GRANT UPDATE (checker_id, checked_at, first_approver_id, first_approved_at, profile,"
        " paid_from_id) ON payment_batches TO union_card_app"
    )


def _write_once(columns: str) -> None:
    op.execute("DROP TRIGGER written_once ON payment_batches")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON payment_batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER tiered ON payment_batches")
    op.execute("DROP FUNCTION tier_batch()")
    op.execute("DROP TRIGGER guard ON payment_batches")
    op.execute(GUARD_BATCH_BEFORE)
    op.execute(GUARD_TRIGGER.format(columns="state"))
    _write_once(BATCH_ONCE)
    # What only somebody checked, or one of two approved, waits for its approval again.
    op.execute("UPDATE payment_batches SET state = 'prepared' WHERE state = 'checked'")
    op.execute("UPDATE payment_batches SET state = 'prepared' WHERE state = 'approved_once'")
    for name in (
        *("batchstate", "approvals_known", "checked_by_somebody", "approved_twice"),
        *("checker_differs", "approvers_differ"),
    ):
        op.drop_constraint(op.f(f"ck_payment_batches_{name}"), "payment_batches", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_batches_batchstate"),
        "payment_batches",
        "state IN ('prepared', 'approved', 'sent', 'cancelled')",
    )
    for column in (
        *("needs_check", "approvals", "profile", "checker_id", "checked_at"),
        *("first_approver_id", "first_approved_at", "paid_from_id"),
    ):
        op.drop_column("payment_batches", column)
    op.drop_table("paying_accounts")
    op.drop_table("payment_tiers")
    op.execute("DROP FUNCTION guard_tiers()")
