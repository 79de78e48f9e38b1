"""Payments that the bank never carries out: two people say so, and what they paid is owed again."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

_MOMENT = sa.DateTime(timezone=True)
STATES = ("prepared", "sent", "paid", "returned", "cancelled")
ONCE = "id, payment_id, refused_on, reason, maker_id, declared_at"
CHANGEABLE = "state, approver_id, confirmed_at, ended_by, ended_at, ended_reason, version"

# Declared about a payment that is at the bank and that no bank line proves; decided once.
GUARD_REFUSAL = """
CREATE FUNCTION guard_bank_refusal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM public.payments p JOIN public.payment_batches b ON b.id = p.batch_id
        WHERE p.id = NEW.payment_id AND p.state = 'sent' AND p.matched_fen = 0
            AND (b.sent_at AT TIME ZONE 'Asia/Shanghai')::date <= NEW.refused_on
    ) THEN
        RAISE EXCEPTION 'the bank refuses what is there and was not paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_bank_refusals_at_the_bank';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('declared', 'confirmed'), ('declared', 'withdrawn'), ('confirmed', 'revoked')) THEN
        RAISE EXCEPTION 'what the bank refused is decided once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_bank_refusals_decided_once';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.approver_id IS DISTINCT FROM NEW.approver_id
        AND (OLD.state, NEW.state) <> ('declared', 'confirmed') THEN
        RAISE EXCEPTION 'who confirmed it has confirmed it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_bank_refusals_decided_once';
    END IF;
    RETURN NEW;
END
$$
"""
# The payment moves with the word of the second person, and back when it is revoked: never apart.
# A bank line that is being matched holds the payment; whoever comes second sees what the first did.
FOLLOW_REFUSAL = """
CREATE FUNCTION follow_bank_refusal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'confirmed' THEN
        UPDATE public.payments SET state = 'refused'
        WHERE id = NEW.payment_id AND state = 'sent' AND matched_fen = 0;
    ELSIF NEW.state = 'revoked' THEN
        UPDATE public.payments SET state = 'sent'
        WHERE id = NEW.payment_id AND state = 'refused';
    ELSE
        RETURN NULL;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the payment moved meanwhile'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_bank_refusals_at_the_bank';
    END IF;
    RETURN NULL;
END
$$
"""
_MOVE = """
CREATE OR REPLACE FUNCTION guard_payment_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'prepared' AND NEW.state IN ('prepared', 'cancelled')
        AND OLD.state <> NEW.state THEN
        RAISE EXCEPTION 'payment % was sent or cancelled, for good', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_sent_for_good';
    END IF;
    IF NEW.state = 'returned' AND OLD.state <> 'returned'
        AND (NEW.returned_fen = 0 OR NEW.returned_fen <> NEW.matched_fen) THEN
        RAISE EXCEPTION 'payment % is returned when bank lines brought it back', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_returned_by_a_line';
    END IF;{refused}
    IF OLD.state = 'prepared' AND NEW.state NOT IN ('prepared', 'cancelled') AND NOT EXISTS (
        SELECT FROM public.payment_batches
        WHERE id = NEW.batch_id AND state IN ('approved', 'sent')
    ) THEN
        RAISE EXCEPTION 'payment % goes to the bank only when approved', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_batch_approved';
    END IF;
    RETURN NEW;
END
$$
"""
_REFUSED = """
    IF OLD.state <> NEW.state AND (
        NEW.state = 'refused' AND (OLD.state <> 'sent' OR NOT EXISTS (
            SELECT FROM public.bank_refusals WHERE payment_id = NEW.id AND state = 'confirmed'))
        OR OLD.state = 'refused' AND (NEW.state <> 'sent' OR EXISTS (
            SELECT FROM public.bank_refusals WHERE payment_id = NEW.id AND state = 'confirmed'))
    ) THEN
        RAISE EXCEPTION 'payment % is refused on the word of two people', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_refused_by_two';
    END IF;"""


def upgrade() -> None:
    _create()
    op.create_index(
        "uq_bank_refusals_live",
        "bank_refusals",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('declared', 'confirmed')"),
    )
    op.create_index("ix_bank_refusals_payment_id", "bank_refusals", ["payment_id"])
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {ONCE} OR DELETE OR TRUNCATE"
        " ON bank_refusals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER start BEFORE INSERT ON bank_refusals"
        " FOR EACH ROW WHEN (NEW.state <> 'declared') EXECUTE FUNCTION refuse_start()"
    )
    op.execute(GUARD_REFUSAL)
    op.execute(
        "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OF state, approver_id ON bank_refusals"
        " FOR EACH ROW EXECUTE FUNCTION guard_bank_refusal()"
    )
    op.execute(FOLLOW_REFUSAL)
    op.execute(
        "CREATE TRIGGER followed AFTER UPDATE OF state ON bank_refusals"
        " FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION follow_bank_refusal()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON bank_refusals FROM union_card_app")
    op.execute(f"GRANT UPDATE ({CHANGEABLE}) ON bank_refusals TO union_card_app")
    _allow((*STATES, "refused"))
    op.create_check_constraint(
        op.f("ck_payments_refused_is_unmatched"),
        "payments",
        "state <> 'refused' OR matched_fen = 0",
    )
    op.execute(_MOVE.format(refused=_REFUSED))


def _create() -> None:
    op.create_table(
        "bank_refusals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *("declared", "confirmed", "withdrawn", "revoked"),
                name="bankrefusalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("declared_at", _MOMENT, nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("ended_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_bank_refusals_two_people")),
        sa.CheckConstraint(
            "(approver_id IS NULL) = (confirmed_at IS NULL)"
            " AND (approver_id IS NOT NULL) = (state IN ('confirmed', 'revoked'))",
            name=op.f("ck_bank_refusals_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "(ended_by IS NULL) = (ended_at IS NULL)"
            " AND (ended_by IS NOT NULL) = (state IN ('withdrawn', 'revoked'))"
            " AND (state = 'revoked') = (ended_reason IS NOT NULL)",
            name=op.f("ck_bank_refusals_ended_by_somebody"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_bank_refusals_version_positive")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_bank_refusals_{column}"))
            for column, target in (
                ("payment_id", "payments.id"),
                ("maker_id", "staff_accounts.id"),
                ("approver_id", "staff_accounts.id"),
                ("ended_by", "staff_accounts.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_refusals")),
    )


def _allow(states: tuple[str, ...]) -> None:
    name = op.f("ck_payments_paymentstate")
    op.drop_constraint(name, "payments", type_="check")
    allowed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(name, "payments", f"state IN ({allowed})")


def downgrade() -> None:
    """Refuses to go back while a payment is refused: before, it would be at the bank for ever."""
    _allow(STATES)
    op.execute(_MOVE.format(refused=""))
    op.drop_constraint(op.f("ck_payments_refused_is_unmatched"), "payments", type_="check")
    op.drop_table("bank_refusals")
    op.execute("DROP FUNCTION follow_bank_refusal()")
    op.execute("DROP FUNCTION guard_bank_refusal()")
