"""Courses, their sessions and meetings, enrolments, attendances and completions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

APPEND_ONLY = ("attendances", "completions")
SCOPES = "'programme', 'offer', 'merchant', 'site', 'terminal', 'member'"


def limit_scopes(scopes: str) -> None:
    """Say again which scopes a limit may have."""
    op.drop_constraint(op.f("ck_limit_rules_limitscope"), "limit_rules", type_="check")
    op.create_check_constraint(
        op.f("ck_limit_rules_limitscope"), "limit_rules", f"scope IN ({scopes})"
    )


def upgrade() -> None:
    limit_scopes(f"{SCOPES}, 'session'")
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "dream_plan",
                "team_leader",
                "post_skill",
                "culture",
                "lecture",
                name="trainingcategory",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organiser", sa.String(length=200), nullable=False),
        sa.Column(
            "payer",
            sa.Enum(
                "union",
                "employer",
                "fiscal",
                "self",
                name="payer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "attendance_basis",
            sa.Enum(
                "meetings",
                "minutes",
                name="attendancebasis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attendance_rate_bp", sa.Integer(), nullable=False),
        sa.Column("scan_margin_minutes", sa.Integer(), nullable=False),
        sa.Column("eligibility", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "subsidy_fen = 0 OR payer IN ('union', 'fiscal')",
            name=op.f("ck_courses_subsidy_is_ours"),
        ),
        sa.CheckConstraint(
            "attendance_rate_bp BETWEEN 1 AND 10000", name=op.f("ck_courses_rate_in_range")
        ),
        sa.CheckConstraint(
            "scan_margin_minutes BETWEEN 0 AND 240", name=op.f("ck_courses_margin_in_range")
        ),
        sa.CheckConstraint("subsidy_fen >= 0", name=op.f("ck_courses_subsidy_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_courses_version_positive")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_courses_programme_id")
        ),
        sa.ForeignKeyConstraint(["union_id"], ["union_orgs.id"], name=op.f("fk_courses_union_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_programme_id"), "courses", ["programme_id"], unique=False)
    op.create_index(op.f("ix_courses_union_id"), "courses", ["union_id"], unique=False)
    op.create_table(
        "course_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("seats_rule_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrol_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrol_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "completed",
                "cancelled",
                name="sessionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'completed') = (completed_at IS NOT NULL AND completed_by IS NOT NULL)",
            name=op.f("ck_course_sessions_completed_by_somebody"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_course_sessions_ends_after_start")),
        sa.CheckConstraint(
            "enrol_until <= ends_at", name=op.f("ck_course_sessions_enrol_before_end")
        ),
        sa.CheckConstraint(
            "enrol_until > enrol_from", name=op.f("ck_course_sessions_enrol_until_after_from")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_course_sessions_version_positive")),
        sa.ForeignKeyConstraint(
            ["completed_by"], ["staff_accounts.id"], name=op.f("fk_course_sessions_completed_by")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_sessions_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["seats_rule_id"], ["limit_rules.id"], name=op.f("fk_course_sessions_seats_rule_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_course_sessions_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_sessions")),
        sa.UniqueConstraint("seats_rule_id", name=op.f("uq_course_sessions_seats_rule_id")),
    )
    op.create_index(
        op.f("ix_course_sessions_course_id"), "course_sessions", ["course_id"], unique=False
    )
    op.create_index(
        "ix_course_sessions_open",
        "course_sessions",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_course_sessions_site_id"), "course_sessions", ["site_id"], unique=False
    )
    op.create_table(
        "course_meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("session_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            name="ex_course_meetings_times",
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_course_meetings_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_sessions.id"], name=op.f("fk_course_meetings_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_meetings")),
        sa.UniqueConstraint("id", "session_id", name=op.f("uq_course_meetings_id_session_id")),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("queue_no", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "enrolled",
                "waiting",
                "withdrawn",
                "lapsed",
                "completed",
                "not_completed",
                name="enrolmentstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('enrolled', 'completed', 'not_completed') AND seated_at IS NOT NULL)"
            " OR (state = 'waiting' AND seated_at IS NULL) OR state IN ('withdrawn', 'lapsed')",
            name=op.f("ck_enrolments_seat_by_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('enrolled', 'waiting')) = (ended_at IS NULL)",
            name=op.f("ck_enrolments_end_by_state"),
        ),
        sa.CheckConstraint("queue_no > 0", name=op.f("ck_enrolments_queue_no_positive")),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_enrolments_card_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_enrolments_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_sessions.id"], name=op.f("fk_enrolments_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("id", "session_id", name=op.f("uq_enrolments_id_session_id")),
        sa.UniqueConstraint(
            "session_id", "queue_no", name=op.f("uq_enrolments_session_id_queue_no")
        ),
    )
    op.create_index(op.f("ix_enrolments_card_id"), "enrolments", ["card_id"], unique=False)
    op.create_index("ix_enrolments_member", "enrolments", ["member_id"], unique=False)
    op.create_index(
        "uq_enrolments_one_live",
        "enrolments",
        ["session_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "attendances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "in", "out", name="direction", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=False),
        sa.Column("facts_digest", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "session_id"],
            ["enrolments.id", "enrolments.session_id"],
            name=op.f("fk_attendances_enrolment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id", "session_id"],
            ["course_meetings.id", "course_meetings.session_id"],
            name=op.f("fk_attendances_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_attendances_terminal_id")
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_attendances_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendances")),
        sa.UniqueConstraint(
            "enrolment_id",
            "meeting_id",
            "direction",
            name=op.f("uq_attendances_enrolment_id_meeting_id_direction"),
        ),
    )
    op.create_index("ix_attendances_session", "attendances", ["session_id"], unique=False)
    op.create_index(
        op.f("ix_attendances_terminal_id"), "attendances", ["terminal_id"], unique=False
    )
    op.create_index(
        op.f("ix_attendances_verification_id"), "attendances", ["verification_id"], unique=False
    )
    op.create_table(
        "completions",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "meetings",
                "minutes",
                name="attendancebasis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "attended BETWEEN 0 AND whole", name=op.f("ck_completions_attended_within_whole")
        ),
        sa.CheckConstraint(
            "is_complete = (attended >= needed)", name=op.f("ck_completions_complete_if_enough")
        ),
        sa.CheckConstraint(
            "needed BETWEEN 1 AND whole", name=op.f("ck_completions_needed_within_whole")
        ),
        sa.CheckConstraint(
            "subsidy_fen >= 0 AND (is_complete OR subsidy_fen = 0)",
            name=op.f("ck_completions_subsidy_if_complete"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_completions_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["judged_by"], ["staff_accounts.id"], name=op.f("fk_completions_judged_by")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_completions")),
    )
    # An enrolment's facts are written once; its state moves.
    op.execute("REVOKE UPDATE, DELETE ON enrolments FROM union_card_app")
    op.execute("GRANT UPDATE (state, seated_at, ended_at) ON enrolments TO union_card_app")
    for table in ("courses", "course_sessions"):
        op.execute(f"REVOKE DELETE ON {table} FROM union_card_app")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM union_card_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table("completions")
    op.drop_index(op.f("ix_attendances_verification_id"), table_name="attendances")
    op.drop_index(op.f("ix_attendances_terminal_id"), table_name="attendances")
    op.drop_index("ix_attendances_session", table_name="attendances")
    op.drop_table("attendances")
    op.drop_index(
        "uq_enrolments_one_live",
        table_name="enrolments",
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.drop_index("ix_enrolments_member", table_name="enrolments")
    op.drop_index(op.f("ix_enrolments_card_id"), table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_table("course_meetings")
    op.drop_index(op.f("ix_course_sessions_site_id"), table_name="course_sessions")
    op.drop_index(
        "ix_course_sessions_open",
        table_name="course_sessions",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index(op.f("ix_course_sessions_course_id"), table_name="course_sessions")
    op.drop_table("course_sessions")
    op.drop_index(op.f("ix_courses_union_id"), table_name="courses")
    op.drop_index(op.f("ix_courses_programme_id"), table_name="courses")
    op.drop_table("courses")
    # Seats without sessions mean nothing; what they had taken goes with them.
    seats = "SELECT id FROM limit_rules WHERE scope = 'session'"
    op.execute(f"DELETE FROM limit_takes WHERE rule_id IN ({seats})")
    op.execute(f"DELETE FROM limits WHERE rule_id IN ({seats})")
    op.execute("DELETE FROM limit_rules WHERE scope = 'session'")
    limit_scopes(SCOPES)
