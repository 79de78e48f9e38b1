"""Roles and their default rights, the guard of append-only tables, the job queue."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

# Group roles are of the whole server, so a second database finds them there already, and a
# downgrade leaves them: another database may be using them.
ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'union_card_app') THEN
        CREATE ROLE union_card_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'union_card_readonly') THEN
        CREATE ROLE union_card_readonly NOLOGIN;
    END IF;
END
$$
"""

RIGHTS = [
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO union_card_app, union_card_readonly",
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO union_card_app"
    ),
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO union_card_readonly",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO union_card_app",
]

TAKEN_BACK = [
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        " REVOKE ALL ON TABLES FROM union_card_app, union_card_readonly"
    ),
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM union_card_app",
    "REVOKE USAGE ON SCHEMA public FROM union_card_app, union_card_readonly",
]

# Fired by UPDATE, DELETE and TRUNCATE of tables whose rows are facts. The grants forbid it to the
# application; this forbids it to the owner too, who could otherwise do it by mistake.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END
$$
"""


def upgrade() -> None:
    op.execute(ROLES)
    for statement in RIGHTS:
        op.execute(statement)
    op.execute(REFUSE_CHANGE)
    # The queue's tables come from the library whose code reads them; its SQL is full of percent
    # signs, which only the bare driver leaves alone.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO union_card_app")


def downgrade() -> None:
    op.execute(
        """
        DO $$
        DECLARE thing record;
        BEGIN
            FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'public' AND p.proname LIKE 'procrastinate%' LOOP
                EXECUTE 'DROP FUNCTION IF EXISTS ' || thing.name || ' CASCADE';
            END LOOP;
            FOR thing IN SELECT tablename AS name FROM pg_tables
                WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%' LOOP
                EXECUTE 'DROP TABLE IF EXISTS ' || quote_ident(thing.name) || ' CASCADE';
            END LOOP;
            FOR thing IN SELECT t.typname AS name FROM pg_type t
                JOIN pg_namespace n ON n.oid = t.typnamespace
                WHERE n.nspname = 'public' AND t.typname LIKE 'procrastinate%'
                AND t.typtype IN ('e', 'c') LOOP
                EXECUTE 'DROP TYPE IF EXISTS ' || quote_ident(thing.name) || ' CASCADE';
            END LOOP;
        END
        $$
        """
    )
    op.execute("DROP FUNCTION refuse_change()")
    for statement in TAKEN_BACK:
        op.execute(statement)
