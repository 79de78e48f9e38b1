"""What is logged: from which rows, and what of them a record says.

Only what is written once: a state that moves on is no fact. No personal data: ids, codes, amounts
and times, since the log is kept for ever and handed to auditors. What a kind says never changes
(models.RecordKind).
"""

# ruff: noqa: S608  (the words put together here are all this file's own)

from dataclasses import dataclass

from proof.models import RecordKind

_UTC = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""


@dataclass(frozen=True)
class Source:
    """Where the records of a kind are. All of it is SQL about one row of `table`.

    `key` is its id; `found` finds it again by `l.record_key`; `at` is when it became a record,
    which `is_one` says. `recent` narrows a search to records since `:since`, or those of which
    `:since_id` was made later, by an index; where there are few, it is not needed.
    """

    kind: RecordKind
    table: str
    key: str
    found: str
    at: str
    is_one: str
    body: str
    recent: str = "true"

    @property
    def count(self) -> str:
        return f"SELECT count(*) FROM {self.table} WHERE {self.is_one}"

    @property
    def fresh(self) -> str:
        """Return SQL for (key, at, body) of `:rows` records that have no leaf, the oldest first."""
        return f"""
            SELECT CAST({self.key} AS text) AS key, {self.at} AS at,
                CAST({self.body} AS text) AS body
            FROM {self.table} WHERE {self.is_one} AND {self.recent} AND NOT EXISTS (
                SELECT FROM proof_leaves l
                WHERE l.kind = '{self.kind}' AND l.record_key = CAST({self.key} AS text))
            ORDER BY {self.at}, {self.key} LIMIT :rows
            """

    @property
    def logged(self) -> str:
        """Return SQL for (seq, hash, key, body) of the leaves in [:start, :end): body now."""
        return f"""
            SELECT l.seq, l.hash, l.record_key AS key, s.body
            FROM proof_leaves l LEFT JOIN LATERAL (
                SELECT CAST({self.body} AS text) AS body FROM {self.table}
                WHERE {self.found} AND {self.is_one}) AS s ON true
            WHERE l.kind = '{self.kind}' AND l.seq >= :start AND l.seq < :end
            """


def _facts(alias: str, names: str, **others: str) -> str:
    """Return SQL for a JSON object of the columns `names` and of the expressions `others`.

    Moments are written in UTC, whatever the session's time zone is.
    """
    pairs = [f"'{name}', {_value(f'{alias}.{name}')}" for name in names.split()]
    pairs += [f"'{name}', {expression}" for name, expression in others.items()]
    return f"jsonb_build_object({', '.join(pairs)})"


def _value(column: str) -> str:
    return f"to_char({column} AT TIME ZONE 'UTC', {_UTC})" if column.endswith("_at") else column


def _source(
    kind: RecordKind, table: str, facts: str, *, at: str, is_one: str, recent: str = "true"
) -> Source:
    """Return a source of rows that have an id; `table` ends in its alias."""
    alias = table.rpartition(" ")[2]
    return Source(
        kind,
        table,
        f"{alias}.id",
        f"{alias}.id = CAST(l.record_key AS uuid)",
        f"{alias}.{at}",
        is_one,
        f"(jsonb_build_object('record', '{kind}') || {facts})",
        recent,
    )


_POSTINGS = """(
    SELECT jsonb_agg(jsonb_build_array(
        p.line_no, p.account_id, p.debit_fen, p.credit_fen, p.party_type, p.party_id)
        ORDER BY p.line_no) FROM postings p WHERE p.journal_id = j.id)"""
_FUNDS = """(
    SELECT jsonb_agg(jsonb_build_array(
        f.fund_source, f.lines_fen, f.carried_in_fen, f.payable_fen, f.carried_out_fen)
        ORDER BY f.fund_source) FROM statement_funds f WHERE f.statement_id = s.id)"""
# A statement may have 100,000 lines: its record holds their digest.
_LINES = r"""(
    SELECT encode(sha256(convert_to(string_agg(
        concat_ws(' ', l.line_no, l.journal_id, l.fund_source, l.amount_fen), E'\n'
        ORDER BY l.line_no), 'UTF8')), 'hex') FROM statement_lines l WHERE l.statement_id = s.id)"""
_PAYMENTS = """(
    SELECT jsonb_agg(jsonb_build_array(
        p.reference, p.attempt, p.fund_source, p.amount_fen, p.payee_type, p.payee_id,
        p.statement_id, p.payable_id) ORDER BY p.reference)
    FROM payments p WHERE p.batch_id = b.id)"""

SOURCES: tuple[Source, ...] = (
    _source(
        RecordKind.CAPTURED,
        "redemptions r",
        _facts(
            "r",
            "id terminal_id site_id merchant_id offer_id offer_version_id programme_id gross_fen"
            " member_pays_fen merchant_bears_fen union_pays_fen occurred_at received_at captured_at"
            " receipt_on receipt_seq",
        ),
        at="captured_at",
        is_one="r.captured_at IS NOT NULL",
        recent="r.captured_at >= :since",
    ),
    _source(
        RecordKind.TAKEN_BACK,
        "redemption_reversals v",
        _facts(
            "v",
            "id redemption_id terminal_id kind amount_fen member_fen merchant_fen union_fen"
            " created_at",
        ),
        at="created_at",
        is_one="true",
        recent="v.created_at >= :since",
    ),
    _source(
        RecordKind.BOOKED,
        "journals j",
        _facts(
            "j",
            "id source_type source_id kind book fund_source programme_id book_date occurred_at"
            " received_at reverses_id",
            postings=_POSTINGS,
        ),
        at="received_at",
        is_one="true",
        # The service makes these ids, in the order of time.
        recent="j.id >= :since_id",
    ),
    _source(
        RecordKind.CLAIM_DECIDED,
        "aid_decisions d",
        _facts("d", "id claim_id round kind staff_id benefit_fen reason created_at"),
        at="created_at",
        is_one="true",
        recent="d.id >= :since_id",
    ),
    _source(
        RecordKind.COURSE_DECIDED,
        "enrolments e",
        _facts("e", "id session_id state ended_at"),
        at="ended_at",
        is_one="e.state IN ('completed', 'not_completed')",
    ),
    _source(
        RecordKind.DISPUTE_DECIDED,
        "disputes d",
        _facts(
            "d",
            "id statement_id line_journal_id state maker_id approver_id adjustment_fen decided_at"
            " journal_id",
        ),
        at="decided_at",
        is_one="d.decided_at IS NOT NULL",
    ),
    _source(
        RecordKind.STATEMENT_ISSUED,
        "statements s",
        _facts(
            "s",
            "id number merchant_id starts_on ends_on lines lines_fen maker_id issued_at",
            funds=_FUNDS,
            lines_sha256=_LINES,
        ),
        at="issued_at",
        is_one="s.issued_at IS NOT NULL",
    ),
    _source(
        RecordKind.STATEMENT_APPROVED,
        "statements s",
        _facts("s", "id number agreed_at approver_id approved_at"),
        at="approved_at",
        is_one="s.approved_at IS NOT NULL",
    ),
    _source(
        RecordKind.BATCH_SENT,
        "payment_batches b",
        _facts(
            "b",
            "id number book payments total_fen maker_id checker_id checked_at first_approver_id"
            " first_approved_at approver_id approved_at sent_at",
            file_sha256="encode(b.file_sha256, 'hex')",
            list=_PAYMENTS,
        ),
        at="sent_at",
        is_one="b.sent_at IS NOT NULL",
    ),
    _source(
        RecordKind.BANK_LINE,
        "bank_lines k",
        _facts(
            "k",
            "id account_id file_id booked_on amount_fen balance_fen occurrence bank_reference"
            " reference",
        ),
        at="booked_on",
        is_one="true",
    ),
    _source(
        RecordKind.MATCHED,
        "matches m",
        _facts("m", "id bank_line_id payment_id amount_fen score reason matched_by matched_at"),
        at="matched_at",
        is_one="true",
    ),
    _source(
        RecordKind.MATCH_UNDONE,
        "matches m",
        _facts("m", "id bank_line_id payment_id amount_fen undone_by undone_at"),
        at="undone_at",
        is_one="m.undone_at IS NOT NULL",
    ),
    Source(
        RecordKind.MONTH_CLOSED,
        "close_certificates c",
        "c.month",
        "c.month = l.record_key",
        "c.closed_at",
        "true",
        f"(jsonb_build_object('record', '{RecordKind.MONTH_CLOSED}', 'id', c.month) || "
        + _facts("c", "month residuals identities named maker_id approver_id closed_at")
        + ")",
    ),
    # What a certificate says beyond the closing: a fact of its own, since a kind never changes.
    Source(
        RecordKind.MONTH_CERTIFIED,
        "close_certificates c",
        "c.month",
        "c.month = l.record_key",
        "c.closed_at",
        "c.signed IS NOT NULL",
        f"(jsonb_build_object('record', '{RecordKind.MONTH_CERTIFIED}', 'id', c.month) || "
        + _facts("c", "month programmes budgets signed")
        + ")",
    ),
)
SOURCE_OF = {source.kind: source for source in SOURCES}
