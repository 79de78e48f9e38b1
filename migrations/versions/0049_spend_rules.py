"""Programmes that a second person approves, by rules of what a union may spend on a member.

What runs already keeps running, as approved when it was made, by nobody that is known.
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"

INSTRUMENTS = ("discount", "voucher", "goods", "service", "transfer", "cash", "shopping_card")
STATES = ("draft", "running", "paused", "ended")
WINDOWS = ("total", "day", "week", "month")

EXAMPLE = "示范规则：取自皖工发〔2025〕18号；本市上限须以本市总工会文件为准"
NATIONAL = "《基层工会经费收支管理办法》（总工办发〔2017〕32号）"
# occasion: its names, the ceiling in fen, what a member may get, and the document that says so.
SHIPPED = {
    "everyday": (
        *("日常普惠", "Everyday offers", None, ["discount", "voucher", "goods", "service"]),
        NATIONAL,
    ),
    "festival": ("节日慰问", "Festivals", 2_200_00, ["goods", "voucher"], EXAMPLE),
    "birthday": ("生日慰问", "Birthday", 500_00, ["goods", "voucher"], EXAMPLE),
    "wedding": ("结婚慰问", "Wedding", 2_000_00, ["goods", "voucher", "transfer"], EXAMPLE),
    "childbirth": ("生育慰问", "Birth of a child", 2_000_00, ["goods", "transfer"], EXAMPLE),
    "hospital": ("住院慰问", "Stay in hospital", 2_000_00, ["goods", "transfer"], EXAMPLE),
    "bereavement": ("去世慰问", "Bereavement", 2_000_00, ["goods", "transfer"], EXAMPLE),
    "retirement": ("退休慰问", "Retirement", 2_000_00, ["goods"], EXAMPLE),
    "hardship": ("困难帮扶", "Hardship", 2_000_00, ["goods", "transfer"], EXAMPLE),
    "training": ("职工教育", "Training", None, ["service"], NATIONAL),
    "mutual_aid": ("互助保障", "Mutual aid", None, ["transfer"], "各互助保障计划自有条款"),
}

# The most that is approved of an occasion for a member in any one calendar year of [since, until].
# Grants are counted by year, so programmes that follow each other within one add up.
COMMITTED = """
CREATE FUNCTION spend_committed(wanted text, since integer, until integer, besides uuid)
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH spans AS (
        SELECT member_year_fen AS fen, CAST(extract(year FROM starts_on) AS integer) AS first,
            coalesce(CAST(extract(year FROM least(ends_on - 1, ended_on)) AS integer), 9999) AS last
        FROM public.programmes
        WHERE occasion = wanted AND approved_at IS NOT NULL AND id IS DISTINCT FROM besides
            AND (ended_on IS NULL OR ended_on >= starts_on)
    ), years AS (
        SELECT since AS year UNION SELECT first FROM spans WHERE first BETWEEN since AND until
    ), sums AS (
        SELECT sum(fen) AS total FROM years JOIN spans ON year BETWEEN first AND last GROUP BY year
    )
    SELECT CAST(coalesce(max(total), 0) AS bigint) FROM sums
$$
"""

# Approvals and rules of one occasion take turns (lock class 110 is theirs alone), so that of two
# programmes that would share what is left, the second sees the first.
GUARD_PROGRAMME = """
CREATE FUNCTION guard_programme() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule public.spend_rules;
    is_same boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.approved_at IS NOT NULL THEN
            RAISE EXCEPTION 'a programme begins without an approval'
                USING ERRCODE = 'check_violation',
                CONSTRAINT = 'ck_programmes_begins_unapproved';
        END IF;
        RETURN NEW;
    END IF;
    is_same := (NEW.code, NEW.family, NEW.fund_source, NEW.occasion, NEW.instrument,
            NEW.member_year_fen, NEW.starts_on, NEW.ends_on, NEW.eligibility, NEW.maker_id)
        IS NOT DISTINCT FROM (OLD.code, OLD.family, OLD.fund_source, OLD.occasion, OLD.instrument,
            OLD.member_year_fen, OLD.starts_on, OLD.ends_on, OLD.eligibility, OLD.maker_id);
    IF OLD.approved_at IS NOT NULL THEN
        IF NOT is_same OR (NEW.approver_id, NEW.approved_at)
            IS DISTINCT FROM (OLD.approver_id, OLD.approved_at)
            OR (OLD.ended_on IS NOT NULL AND NEW.ended_on IS DISTINCT FROM OLD.ended_on)
        THEN
            RAISE EXCEPTION 'programme % stays as it was approved', OLD.code
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_approved_for_good';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.approved_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed' OR NOT is_same OR NEW.approver_id IS NULL THEN
        RAISE EXCEPTION 'programme % is approved as somebody proposed it', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_approved_as_proposed';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'programmes are approved in READ COMMITTED transactions only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_read_committed';
    END IF;
    PERFORM pg_advisory_xact_lock(110, hashtext(NEW.occasion));
    SELECT * INTO rule FROM public.spend_rules
        WHERE occasion = NEW.occasion AND state = 'in_force';
    IF NOT FOUND OR NOT rule.instruments ? NEW.instrument THEN
        RAISE EXCEPTION 'no rule lets % be given for %', NEW.instrument, NEW.occasion
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_instrument_allowed';
    END IF;
    IF rule.ceiling_fen IS NOT NULL AND (NEW.member_year_fen IS NULL
        OR rule.ceiling_fen < NEW.member_year_fen + public.spend_committed(NEW.occasion,
            CAST(extract(year FROM NEW.starts_on) AS integer),
            coalesce(CAST(extract(year FROM NEW.ends_on - 1) AS integer), 9999), NEW.id))
    THEN
        RAISE EXCEPTION 'programme % passes the ceiling of %', NEW.code, NEW.occasion
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_within_ceiling';
    END IF;
    IF NEW.member_year_fen IS NOT NULL AND NOT EXISTS (SELECT FROM public.limit_rules
        WHERE id = NEW.id AND maximum = NEW.member_year_fen)
    THEN
        RAISE EXCEPTION 'programme % has no limit for a member and year', NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programmes_has_its_limit';
    END IF;
    RETURN NEW;
END
$$
"""

GUARD_LIMIT = """
CREATE FUNCTION guard_ceiling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.id = OLD.programme_id AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'the ceiling of programme % was approved', OLD.programme_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_limit_rules_ceiling_stays';
    END IF;
    RETURN NEW;
END
$$
"""

GUARD_RULE = """
CREATE FUNCTION guard_spend_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.maker_id IS NULL THEN
            RAISE EXCEPTION 'a rule begins as somebody''s proposal'
                USING ERRCODE = 'check_violation',
                CONSTRAINT = 'ck_spend_rules_begins_proposed';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT (OLD.state = 'proposed' AND NEW.state IN ('in_force', 'refused')
        OR OLD.state = 'in_force' AND NEW.state = 'replaced'
            AND (NEW.approver_id, NEW.decided_at)
                IS NOT DISTINCT FROM (OLD.approver_id, OLD.decided_at))
    THEN
        RAISE EXCEPTION 'rule % is decided for good', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_spend_rules_decided_for_good';
    END IF;
    IF NEW.state <> 'in_force' THEN
        RETURN NEW;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rules are decided in READ COMMITTED transactions only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_spend_rules_read_committed';
    END IF;
    PERFORM pg_advisory_xact_lock(110, hashtext(NEW.occasion));
    IF NEW.ceiling_fen IS NOT NULL AND (
        NEW.ceiling_fen < public.spend_committed(NEW.occasion,
            CAST(extract(year FROM NEW.decided_at AT TIME ZONE 'Asia/Shanghai') AS integer),
            9999, NULL)
        OR EXISTS (SELECT FROM public.programmes WHERE occasion = NEW.occasion
            AND approved_at IS NOT NULL AND state <> 'ended' AND member_year_fen IS NULL))
    THEN
        RAISE EXCEPTION 'programmes of % pass this ceiling', NEW.occasion
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_spend_rules_covers_programmes';
    END IF;
    RETURN NEW;
END
$$
"""

TRIGGERS = """
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON programmes
    FOR EACH ROW EXECUTE FUNCTION guard_programme();
CREATE TRIGGER guard BEFORE UPDATE ON limit_rules
    FOR EACH ROW EXECUTE FUNCTION guard_ceiling();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON spend_rules
    FOR EACH ROW EXECUTE FUNCTION guard_spend_rule();
CREATE TRIGGER append_only BEFORE UPDATE OF id, occasion, name_zh, name_en, ceiling_fen,
        instruments, source, reason, maker_id, proposed_at OR DELETE OR TRUNCATE ON spend_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON spend_rules FROM union_card_app;
GRANT UPDATE (state, approver_id, decided_at) ON spend_rules TO union_card_app;
"""

CHECKS = {
    "two_people": "approver_id <> maker_id",
    "approved_before_it_runs": "state NOT IN ('running', 'paused') OR approved_at IS NOT NULL",
    "proposed_once": "state <> 'proposed' OR proposed_at IS NOT NULL",
    "approved_whole": "approver_id IS NULL OR approved_at IS NOT NULL",
    "no_cash": "instrument NOT IN ('cash', 'shopping_card') OR approved_at IS NULL",
    "member_year_positive": "member_year_fen > 0",
    "aid_by_its_scheme": "family <> 'aid' OR member_year_fen IS NULL",
    "ended_has_ended": "ended_on IS NULL OR state = 'ended'",
}
CEILING = (
    "id <> programme_id OR (scope = 'member' AND \"window\" = 'year' AND unit = 'fen'"
    " AND offer_id IS NULL AND is_active)"
)


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def among(table: str, name: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column hold these values."""
    constraint = op.f(f"ck_{table}_{name}")
    op.drop_constraint(constraint, table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(constraint, table, f'"{column}" IN ({listed})')


def upgrade() -> None:
    create_rules()
    add_columns()
    among("programmes", "programmestate", "state", ("draft", "proposed", *STATES[1:]))
    among("limit_rules", "limitwindow", "window", (*WINDOWS, "year"))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_programmes_{name}"), "programmes", condition)
    op.create_check_constraint(
        op.f("ck_limit_rules_ceiling_of_a_members_year"), "limit_rules", CEILING
    )
    for statements in (COMMITTED, GUARD_PROGRAMME, GUARD_LIMIT, GUARD_RULE, TRIGGERS):
        op.execute(statements)


def downgrade() -> None:
    op.execute("DROP TRIGGER guard ON programmes")
    op.execute("DROP TRIGGER guard ON limit_rules")
    op.drop_table("spend_rules")
    for function in ("guard_programme", "guard_ceiling", "guard_spend_rule"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION spend_committed(text, integer, integer, uuid)")
    op.drop_constraint(
        op.f("ck_limit_rules_ceiling_of_a_members_year"), "limit_rules", type_="check"
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_programmes_{name}"), "programmes", type_="check")
    # A window that was not known before would be read as one without end.
    op.execute(
        "UPDATE limit_rules SET is_active = false, \"window\" = 'total' WHERE \"window\" = 'year'"
    )
    op.execute("UPDATE programmes SET state = 'draft' WHERE state = 'proposed'")
    among("limit_rules", "limitwindow", "window", WINDOWS)
    among("programmes", "programmestate", "state", STATES)
    op.drop_index("ix_programmes_waiting", table_name="programmes")
    for column in (
        *("sent_back_reason", "approved_at", "approver_id", "proposed_at", "maker_id"),
        *("ended_on", "member_year_fen", "instrument", "occasion"),
    ):
        op.drop_column("programmes", column)


def add_columns() -> None:
    columns = [
        sa.Column("occasion", sa.String(length=40), nullable=True),
        sa.Column("instrument", one_of("instrument", *INSTRUMENTS), nullable=True),
        sa.Column("member_year_fen", sa.BigInteger(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("maker_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_back_reason", sa.String(length=200), nullable=True),
    ]
    for column in columns:
        op.add_column("programmes", column)
    op.execute(
        "UPDATE programmes SET occasion = CASE family WHEN 'aid' THEN 'mutual_aid'"
        " WHEN 'training' THEN 'training' ELSE 'everyday' END, instrument = CASE family"
        " WHEN 'aid' THEN 'transfer' WHEN 'training' THEN 'service' ELSE 'discount' END,"
        " approved_at = CASE WHEN state = 'draft' THEN NULL ELSE created_at END,"
        " ended_on = CASE WHEN state = 'ended'"
        " THEN CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date) END"
    )
    for name in ("occasion", "instrument"):
        op.alter_column("programmes", name, nullable=False)
    op.create_index(
        "ix_programmes_waiting",
        "programmes",
        ["proposed_at"],
        postgresql_where=sa.text("state = 'proposed'"),
    )


def create_rules() -> None:
    op.create_table(
        "spend_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=True),
        sa.Column("instruments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            one_of("spendrulestate", "proposed", "in_force", "refused", "replaced"),
            nullable=False,
        ),
        sa.Column("maker_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "occasion ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_spend_rules_occasion_is_a_code")
        ),
        sa.CheckConstraint("ceiling_fen > 0", name=op.f("ck_spend_rules_ceiling_positive")),
        sa.CheckConstraint(
            "jsonb_typeof(instruments) = 'array' AND instruments <> '[]'",
            name=op.f("ck_spend_rules_some_instrument"),
        ),
        sa.CheckConstraint(
            "NOT instruments ?| array['cash', 'shopping_card']",
            name=op.f("ck_spend_rules_no_cash"),
        ),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_spend_rules_two_people")),
        sa.CheckConstraint(
            "CASE WHEN maker_id IS NULL THEN approver_id IS NULL AND decided_at IS NULL"
            " AND state IN ('in_force', 'replaced')"
            " ELSE (state = 'proposed') = (approver_id IS NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL) END",
            name=op.f("ck_spend_rules_decided_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_rules")),
    )
    for name, columns, is_unique, state in (
        ("uq_spend_rules_in_force", ["occasion"], True, "in_force"),
        ("ix_spend_rules_waiting", ["proposed_at"], False, "proposed"),
    ):
        op.create_index(
            name,
            "spend_rules",
            columns,
            unique=is_unique,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    bind = op.get_bind()
    insert = sa.text(
        "INSERT INTO spend_rules (id, occasion, name_zh, name_en, ceiling_fen, instruments, source,"
        " reason, state, proposed_at) VALUES (gen_random_uuid(), :occasion, :name_zh, :name_en,"
        " :ceiling_fen, CAST(:instruments AS jsonb), :source, '随产品提供', 'in_force', now())"
    )
    for occasion, (name_zh, name_en, ceiling_fen, instruments, source) in SHIPPED.items():
        bind.execute(
            insert,
            {
                "occasion": occasion,
                "name_zh": name_zh,
                "name_en": name_en,
                "ceiling_fen": ceiling_fen,
                "instruments": json.dumps(instruments),
                "source": source,
            },
        )
