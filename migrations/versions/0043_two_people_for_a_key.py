"""The key that signs the log is changed by two people, and begins once."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

# What was approved is approved for good; the seal alone may be renewed, by the owner.
GUARD = """
CREATE FUNCTION guard_audit_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signs_from IS NOT NULL THEN
        RAISE EXCEPTION 'audit key % signs already', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_audit_keys_approved_once';
    END IF;
    RETURN NEW;
END
$$
"""
WRITTEN_ONCE = "id, thumbprint, public_jwk, created_at, maker_id"


def upgrade() -> None:
    for name, kind in (
        ("maker_id", sa.Uuid()),
        ("approver_id", sa.Uuid()),
        ("signs_from", sa.DateTime(timezone=True)),
    ):
        op.add_column("audit_keys", sa.Column(name, kind, nullable=True))
    op.execute("UPDATE audit_keys SET signs_from = created_at")
    op.create_check_constraint(
        op.f("ck_audit_keys_two_people"), "audit_keys", "approver_id <> maker_id"
    )
    op.create_check_constraint(
        op.f("ck_audit_keys_approved_by_somebody"),
        "audit_keys",
        "CASE WHEN maker_id IS NULL THEN approver_id IS NULL AND signs_from IS NOT NULL"
        " ELSE (approver_id IS NULL) = (signs_from IS NULL) END",
    )
    for name, column in (("first", "maker_id"), ("waiting", "signs_from")):
        op.create_index(
            f"uq_audit_keys_{name}",
            "audit_keys",
            [sa.text(f"({column} IS NULL)")],
            unique=True,
            postgresql_where=sa.text(f"{column} IS NULL"),
        )
    op.execute(GUARD)
    op.execute(
        "CREATE TRIGGER guard BEFORE UPDATE OF approver_id, signs_from ON audit_keys"
        " FOR EACH ROW EXECUTE FUNCTION guard_audit_key()"
    )
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {WRITTEN_ONCE} OR DELETE OR TRUNCATE"
        " ON audit_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE TRUNCATE ON audit_keys FROM union_card_app")
    op.execute("GRANT UPDATE (approver_id, signs_from) ON audit_keys TO union_card_app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (approver_id, signs_from) ON audit_keys FROM union_card_app")
    for trigger in ("written_once", "guard"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_keys")
    op.execute("DROP FUNCTION guard_audit_key()")
    for name in ("waiting", "first"):
        op.drop_index(f"uq_audit_keys_{name}", table_name="audit_keys")
    for name in ("approved_by_somebody", "two_people"):
        op.drop_constraint(op.f(f"ck_audit_keys_{name}"), "audit_keys")
    for name in ("signs_from", "approver_id", "maker_id"):
        op.drop_column("audit_keys", name)
