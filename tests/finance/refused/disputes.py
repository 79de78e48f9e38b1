"""What the database refuses of disputes."""

from tests.finance.refused.rows import (
    add,
    answer,
    change,
    decide,
)

ACCEPTED_AT_ONCE = (
    "UPDATE disputes SET state = 'accepted', maker_id = :clerk, answer = 'x',"
    " adjustment_fen = 500, approver_id = :approver, decided_at = now(), journal_id = :sale"
    " WHERE id = :j"
)

DISPUTES = {
    "a line disputed twice": (
        [add("disputes"), add("disputes", id=":k")],
        "uq_disputes_line_journal_id",
    ),
    "one dispute twice": ([add("disputes"), add("disputes")], "pk_disputes"),
    "a dispute that is born answered": (
        [add("disputes", state="'answered'", maker_id=":clerk", answer="'x'", adjustment_fen=0)],
        "ck_disputes_begins_at_the_start",
    ),
    "a dispute about a line of another statement": (
        [add("disputes", statement_id=":disputed")],
        "ck_disputes_line_of_statement",
    ),
    "a dispute before the statement was issued": (
        [add("disputes", statement_id=":open", line_journal_id=":open_line")],
        "ck_disputes_while_issued",
    ),
    "the same file beside a dispute twice": (
        [add("dispute_evidence"), add("dispute_evidence", id=":k")],
        "uq_dispute_evidence_dispute_id_content_sha256",
    ),
    "one file twice": (
        [add("dispute_evidence"), add("dispute_evidence", content_sha256="'y'")],
        "pk_dispute_evidence",
    ),
    "a file of nothing": (
        [add("dispute_evidence", size_bytes=0)],
        "ck_dispute_evidence_size_positive",
    ),
    "a file that no browser shows": (
        [add("dispute_evidence", media_type="'text/html'")],
        "ck_dispute_evidence_evidencemedia",
    ),
    "a dispute that nobody raised": (
        [add("disputes", raised_by_terminal_id="NULL")],
        "ck_disputes_raised_by_one",
    ),
    "a dispute in no known state": (
        [answer(0), change("disputes", "dispute", state="'lost'")],
        "ck_disputes_disputestate",
    ),
    "an answer by nobody": (
        [change("disputes", "dispute", state="'answered'")],
        "ck_disputes_answered_by_somebody",
    ),
    "an answer confirmed by who gave it": (
        [answer(0), decide("rejected", by=":clerk")],
        "ck_disputes_two_people",
    ),
    "a dispute decided by nobody": (
        [answer(0), change("disputes", "dispute", state="'rejected'")],
        "ck_disputes_decided_by_somebody",
    ),
    "a dispute accepted and not booked": (
        [answer(500), decide("accepted")],
        "ck_disputes_booked_when_accepted",
    ),
    "a dispute accepted for nothing": (
        [answer(0), decide("accepted", journal=":sale")],
        "ck_disputes_booked_when_accepted",
    ),
    "a dispute rejected with an adjustment": (
        [answer(500), decide("rejected")],
        "ck_disputes_booked_when_accepted",
    ),
    "one adjustment for two disputes": (
        [
            answer(500),
            decide("accepted", journal=":sale"),
            add("disputes"),
            ACCEPTED_AT_ONCE,
        ],
        "uq_disputes_journal_id",
    ),
}
