"""The floors: an empty Flask route, and the least that a sale could be, under the same server.

The minimal transaction looks a token up, updates one limit, inserts a redemption and a journal, and
commits: SQLAlchemy Core over psycopg, as our own path.
"""

import os
import random
import uuid
from typing import Any

from flask import Flask, request
from sqlalchemy import create_engine, text

SETUP = """
CREATE TABLE IF NOT EXISTS bench_tokens (hash bytea PRIMARY KEY, terminal_id uuid NOT NULL);
CREATE TABLE IF NOT EXISTS bench_limits
    (id int PRIMARY KEY, max bigint NOT NULL, used bigint NOT NULL, CHECK (used <= max));
CREATE TABLE IF NOT EXISTS bench_redemptions
    (id uuid PRIMARY KEY, terminal_id uuid NOT NULL, gross_fen bigint NOT NULL,
     received_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS bench_journals
    (id uuid PRIMARY KEY, redemption_id uuid NOT NULL REFERENCES bench_redemptions (id),
     debit_fen bigint NOT NULL, credit_fen bigint NOT NULL);
TRUNCATE bench_journals, bench_redemptions, bench_limits, bench_tokens;
INSERT INTO bench_limits SELECT n, 1000000000, 0 FROM generate_series(0, 1999) n;
INSERT INTO bench_tokens VALUES ('\\x00'::bytea, '00000000-0000-7000-8000-000000000000');
GRANT SELECT, INSERT, UPDATE ON bench_tokens, bench_limits, bench_redemptions, bench_journals
    TO union_card_app;
"""
DROP = "DROP TABLE IF EXISTS bench_journals, bench_redemptions, bench_limits, bench_tokens"
LIMITS = 2000

_TOKEN = text("SELECT terminal_id FROM bench_tokens WHERE hash = :hash")
_LIMIT = text("UPDATE bench_limits SET used = used + 1 WHERE id = :id AND used + 1 <= max")
_REDEMPTION = text(
    "INSERT INTO bench_redemptions (id, terminal_id, gross_fen) VALUES (:id, :terminal_id, :gross)"
)
_JOURNAL = text(
    "INSERT INTO bench_journals (id, redemption_id, debit_fen, credit_fen)"
    " VALUES (:id, :redemption_id, :fen, :fen)"
)


def create_floor() -> Flask:
    app = Flask(__name__)
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0)

    @app.get("/empty")
    def empty() -> str:
        return ""

    @app.post("/minimal")
    def minimal() -> dict[str, Any]:
        body = request.get_json()
        redemption_id = uuid.uuid4()
        with engine.begin() as connection:
            terminal_id = connection.scalar(_TOKEN, {"hash": b"\0"})
            connection.execute(_LIMIT, {"id": random.randrange(LIMITS)})
            connection.execute(
                _REDEMPTION,
                {"id": redemption_id, "terminal_id": terminal_id, "gross": body["gross_fen"]},
            )
            connection.execute(
                _JOURNAL,
                {"id": uuid.uuid4(), "redemption_id": redemption_id, "fen": body["gross_fen"]},
            )
        return {"id": str(redemption_id)}

    return app
