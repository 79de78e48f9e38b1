"""What the database refuses of an approval, past the services: a change, and its constraint."""

# Tried on a programme, and on a rule, that the person `:me` proposed. tests/benefits/test_guards.
APPROVALS = {
    "who approves a programme asked for it": (
        (
            'INSERT INTO limit_rules (id, programme_id, scope, "window", unit, maximum, stripes,'
            " is_active, version) VALUES (:programme, :programme, 'member', 'year', 'fen', 40000,"
            " 1, true, 1);"
            " UPDATE programmes SET state = 'running', approver_id = :me, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_two_people",
    ),
    "who decides about a spend rule proposed it": (
        (
            "UPDATE spend_rules SET state = 'refused', approver_id = :me, decided_at = now()"
            " WHERE id = :rule"
        ),
        "ck_spend_rules_two_people",
    ),
}
OTHERS = {
    "a programme runs that nobody approved": (
        "UPDATE programmes SET state = 'running' WHERE id = :programme",
        "ck_programmes_approved_before_it_runs",
    ),
    "an approval by nobody": (
        "UPDATE programmes SET state = 'running', approved_at = now() WHERE id = :programme",
        "ck_programmes_approved_as_proposed",
    ),
    "an approval of other facts": (
        (
            "UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now(),"
            " member_year_fen = 1 WHERE id = :programme"
        ),
        "ck_programmes_approved_as_proposed",
    ),
    "cash": (
        (
            "UPDATE programmes SET instrument = 'cash' WHERE id = :programme;"
            " UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_instrument_allowed",
    ),
    "an occasion without a rule": (
        (
            "UPDATE programmes SET occasion = 'jubilee' WHERE id = :programme;"
            " UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_instrument_allowed",
    ),
    "no amount where there is a ceiling": (
        (
            "UPDATE programmes SET member_year_fen = NULL WHERE id = :programme;"
            " UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_within_ceiling",
    ),
    "more than the ceiling": (
        (
            "UPDATE programmes SET member_year_fen = 50001 WHERE id = :programme;"
            " UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_within_ceiling",
    ),
    "an approval without its limit": (
        (
            "UPDATE programmes SET state = 'running', approver_id = :other, approved_at = now()"
            " WHERE id = :programme"
        ),
        "ck_programmes_has_its_limit",
    ),
    "another amount after the approval": (
        "UPDATE programmes SET member_year_fen = 1 WHERE id = :running",
        "ck_programmes_approved_for_good",
    ),
    "another approver after the approval": (
        "UPDATE programmes SET approver_id = :other WHERE id = :running",
        "ck_programmes_approved_for_good",
    ),
    "a programme that begins approved": (
        (
            "INSERT INTO programmes SELECT (p).* FROM (SELECT jsonb_populate_record(p,"
            " jsonb_build_object('id', gen_random_uuid(), 'code', 'COPY')) AS p"
            " FROM programmes p WHERE id = :running) AS c"
        ),
        "ck_programmes_begins_unapproved",
    ),
    "a higher ceiling of a programme": (
        "UPDATE limit_rules SET maximum = maximum + 1 WHERE id = :running",
        "ck_limit_rules_ceiling_stays",
    ),
    "a programme's ceiling that is set aside": (
        "UPDATE limit_rules SET is_active = false WHERE id = :running",
        "ck_limit_rules_ceiling_stays",
    ),
    "a rule that begins in force": (
        (
            "INSERT INTO spend_rules (id, occasion, name_zh, name_en, instruments, source, reason,"
            " state, proposed_at) VALUES (gen_random_uuid(), 'jubilee', 'x', 'x', '[\"goods\"]',"
            " 'x', 'x', 'in_force', now())"
        ),
        "ck_spend_rules_begins_proposed",
    ),
    "a rule that allows cash": (
        (
            "INSERT INTO spend_rules (id, occasion, name_zh, name_en, instruments, source, reason,"
            " state, proposed_at, maker_id) VALUES (gen_random_uuid(), 'jubilee', 'x', 'x',"
            " '[\"cash\"]', 'x', 'x', 'proposed', now(), :me)"
        ),
        "ck_spend_rules_no_cash",
    ),
    "a rule below what is approved": (
        (
            "UPDATE spend_rules SET state = 'replaced' WHERE occasion = 'birthday'"
            " AND state = 'in_force';"
            " UPDATE spend_rules SET state = 'in_force', approver_id = :other, decided_at = now()"
            " WHERE id = :rule"
        ),
        "ck_spend_rules_covers_programmes",
    ),
}
