"""Taking limits and giving them back. The only code that changes `limits`.

Check-then-act is the commonest defect in this field, so nothing here reads a count and then acts
on it: one conditional statement takes every limit of a use, and its rows are counted
(docs/explanation/how-limits-hold.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from benefits.errors import LimitReached
from benefits.queries import LimitLine
from benefits.rules import Reason, stripe_maximum
from benefits.services.usable import full_reason
from kernel.db import Statement


@dataclass(frozen=True)
class Take:
    """One quantity of one limit row. `maximum` is the row's own part of a striped budget."""

    line: LimitLine
    stripe: int
    maximum: int
    quantity: int

    @property
    def key(self) -> tuple[UUID, UUID, str, int]:
        return (self.line.rule_id, self.line.scope_id, self.line.win, self.stripe)


_WANTED = """
    SELECT * FROM unnest(CAST(:rules AS uuid[]), CAST(:scopes AS uuid[]), CAST(:wins AS text[]),
            CAST(:stripes AS smallint[]), CAST(:maxima AS bigint[]),
            CAST(:quantities AS bigint[]), CAST(:units AS text[]))
        AS w(rule_id, scope_id, win, stripe, maximum, quantity, unit)
    {only}
    ORDER BY rule_id, scope_id, win, stripe
"""

# Rows are taken in the order of their keys, so that two sales never wait for each other in a ring.
_TAKING = f"""
    wanted AS ({_WANTED}),
    taken AS (
        INSERT INTO limits AS l (rule_id, scope_id, win, stripe, max, held, used)
        SELECT rule_id, scope_id, win, stripe, maximum,
            CASE WHEN :is_held THEN quantity ELSE 0 END,
            CASE WHEN :is_held THEN 0 ELSE quantity END
        FROM wanted
        ON CONFLICT (rule_id, scope_id, win, stripe) DO UPDATE
            SET max = excluded.max, held = l.held + excluded.held, used = l.used + excluded.used
            WHERE l.held + l.used + excluded.held + excluded.used <= excluded.max
        RETURNING rule_id, scope_id, win, stripe
    ),
    remembered AS (
        INSERT INTO limit_takes
            (source_id, rule_id, scope_id, win, stripe, unit, quantity, returned, is_held)
        SELECT :source_id, rule_id, scope_id, win, stripe, w.unit, w.quantity, 0, :is_held
        FROM taken JOIN wanted w USING (rule_id, scope_id, win, stripe)
    )
"""  # noqa: S608 (both halves are literals of this file)


def taking_sql(*, only: str = "") -> str:
    """Return the CTEs that take limits, `taken` with the keys, for a statement with more in it.

    `only` is a WHERE that must hold: a CTE that it names runs, and locks, before any limit.
    """
    return _TAKING.format(only=only)


_TAKE = Statement(f"WITH {taking_sql()} SELECT rule_id, scope_id, win, stripe FROM taken")  # noqa: S608 (a literal of this file)

_LOCK_TAKEN = text(
    """
    SELECT t.rule_id, t.scope_id, t.win, t.stripe, t.unit, t.quantity - t.returned AS live,
        t.is_held
    FROM limits l JOIN limit_takes t USING (rule_id, scope_id, win, stripe)
    WHERE t.source_id = :source_id
    ORDER BY l.rule_id, l.scope_id, l.win, l.stripe
    FOR UPDATE OF l
    """
)

_LOCK_TAKEN_BY_ALL = text(
    """
    SELECT FROM limits l
    WHERE EXISTS (SELECT FROM limit_takes t WHERE t.source_id = ANY(:source_ids)
        AND t.rule_id = l.rule_id AND t.scope_id = l.scope_id AND t.win = l.win
        AND t.stripe = l.stripe)
    ORDER BY l.rule_id, l.scope_id, l.win, l.stripe
    FOR UPDATE
    """
)

_GIVE_BACK = text(
    f"""
    WITH wanted AS ({_WANTED.format(only="")}),
    forgotten AS (
        UPDATE limit_takes t SET returned = t.returned + w.quantity
        FROM wanted w
        WHERE t.source_id = :source_id AND t.rule_id = w.rule_id AND t.scope_id = w.scope_id
            AND t.win = w.win AND t.stripe = w.stripe
        RETURNING t.rule_id, t.scope_id, t.win, t.stripe, t.is_held, w.quantity
    )
    UPDATE limits l SET
        held = l.held - CASE WHEN f.is_held THEN f.quantity ELSE 0 END,
        used = l.used - CASE WHEN f.is_held THEN 0 ELSE f.quantity END
    FROM forgotten f
    WHERE l.rule_id = f.rule_id AND l.scope_id = f.scope_id AND l.win = f.win
        AND l.stripe = f.stripe
    """  # noqa: S608 (both halves are literals of this file)
)

_HELD_TO_USED = text(
    """
    WITH moved AS (
        UPDATE limit_takes SET is_held = false
        WHERE source_id = :source_id AND is_held
        RETURNING rule_id, scope_id, win, stripe, quantity - returned AS live
    )
    UPDATE limits l SET held = l.held - m.live, used = l.used + m.live
    FROM moved m
    WHERE l.rule_id = m.rule_id AND l.scope_id = m.scope_id AND l.win = m.win
        AND l.stripe = m.stripe
    """
)


def takes_for(lines: Sequence[LimitLine], *, union_fen: int, spread: UUID) -> list[Take]:
    """Return what one use draws: a use of each counted limit, `union_fen` of each in fen.

    A striped budget is drawn from the stripe that `spread` (the till) falls on.
    """
    takes = []
    for line in lines:
        quantity = line.needs(union_fen)
        if quantity:
            stripe = spread.int % line.stripes
            maximum = stripe_maximum(line.maximum, line.stripes, stripe)
            takes.append(Take(line, stripe, maximum, quantity))
    return takes


def take_limits(
    session: Session, *, source_id: UUID, takes: Sequence[Take], is_held: bool, day: date
) -> None:
    """Take all of `takes` for `source_id`, or raise LimitReached naming the first that is full.

    The caller lets the refusal roll its transaction back: some of the rows may have been taken.
    Locks the limit rows in the order of their keys.
    """
    if not takes:
        return
    striped = any(take.line.stripes > 1 for take in takes)
    if not striped:
        raise_if_full(takes, _take(session, source_id, takes, is_held=is_held), day)
        return
    savepoint = session.begin_nested()
    taken = _take(session, source_id, takes, is_held=is_held)
    if len(taken) == len(takes):
        savepoint.commit()
        return
    savepoint.rollback()
    spread = _spread_over_stripes(session, takes, day)
    raise_if_full(spread, _take(session, source_id, spread, is_held=is_held), day)


def take_what_is_left(
    session: Session, *, source_id: UUID, line: LimitLine, wanted: int, day: date
) -> int:
    """Take `wanted` of an unstriped limit, or as much of it as there is; return how much.

    For what is owed by rule and only its amount is open. Locks the limit's row.
    """
    assert line.stripes == 1
    whole = Take(line, 0, line.maximum, wanted)
    parameters = taking_parameters(source_id=source_id, takes=[whole], is_held=False)
    session.execute(_MAKE_STRIPES, parameters)
    [row] = session.execute(_LOCK_ROWS, parameters).all()
    quantity = max(0, min(wanted, line.maximum - int(row.taken)))
    if quantity:
        part = replace(whole, quantity=quantity)
        take_limits(session, source_id=source_id, takes=[part], is_held=False, day=day)
    return quantity


def capture_limits(session: Session, *, source_id: UUID) -> None:
    """Turn what `source_id` holds into used. Locks the limit rows in the order of their keys."""
    session.execute(_LOCK_TAKEN, {"source_id": source_id})
    session.execute(_HELD_TO_USED, {"source_id": source_id})


def lock_limits_of(session: Session, *, source_ids: Sequence[UUID]) -> None:
    """Lock every limit that several sources drew on, in the order of their keys.

    To be called before giving back for one after the other: each by itself would lock in its own
    order, and wait in a ring with a sale that takes two of them.
    """
    session.execute(_LOCK_TAKEN_BY_ALL, {"source_ids": list(source_ids)})


def return_limits(
    session: Session, *, source_id: UUID, union_fen: int | None = None, is_last: bool = True
) -> None:
    """Give back what `source_id` took: exactly once, whatever is asked.

    Limits in fen get `union_fen` back (all that is left when None), once for all stripes that it
    was spread over; a counted use returns with the last fen (`is_last`). Locks the limit rows in
    the order of their keys.
    """
    rows = session.execute(_LOCK_TAKEN, {"source_id": source_id}).all()
    returned: list[Any] = []
    given: dict[tuple[UUID, UUID, str], int] = {}
    for row in rows:
        limit = (row.rule_id, row.scope_id, row.win)
        if row.unit == "uses":
            quantity = row.live if is_last else 0
        elif union_fen is None:
            quantity = row.live
        else:
            quantity = min(union_fen - given.get(limit, 0), row.live)
            given[limit] = given.get(limit, 0) + quantity
        if quantity:
            returned.append((row, quantity))
    if not returned:
        return
    session.execute(
        _GIVE_BACK,
        {
            "source_id": source_id,
            "rules": [row.rule_id for row, _ in returned],
            "scopes": [row.scope_id for row, _ in returned],
            "wins": [row.win for row, _ in returned],
            "stripes": [row.stripe for row, _ in returned],
            "maxima": [0 for _ in returned],
            "quantities": [quantity for _, quantity in returned],
            "units": [row.unit for row, _ in returned],
        },
    )


def _take(
    session: Session, source_id: UUID, takes: Sequence[Take], *, is_held: bool
) -> set[tuple[UUID, UUID, str, int]]:
    """Run the one statement and return the keys it took.

    A quantity larger than its row's maximum would trip the CHECK on a first take: then nothing is
    tried, and its key is the one that is missing.
    """
    possible = [take for take in takes if take.quantity <= take.maximum]
    if len(possible) < len(takes):
        return {take.key for take in possible}
    parameters = taking_parameters(source_id=source_id, takes=takes, is_held=is_held)
    return {
        (row.rule_id, row.scope_id, row.win, row.stripe) for row in _TAKE.all(session, parameters)
    }


def taking_parameters(*, source_id: UUID, takes: Sequence[Take], is_held: bool) -> dict[str, Any]:
    """Return what `taking_sql` asks for."""
    return {
        "source_id": source_id,
        "is_held": is_held,
        "rules": [take.line.rule_id for take in takes],
        "scopes": [take.line.scope_id for take in takes],
        "wins": [take.line.win for take in takes],
        "stripes": [take.stripe for take in takes],
        "maxima": [take.maximum for take in takes],
        "quantities": [take.quantity for take in takes],
        "units": [take.line.unit for take in takes],
    }


def are_plain(takes: Sequence[Take]) -> bool:
    """Say whether `taking_sql` may take them as they are: unstriped, none beyond its maximum."""
    return all(take.line.stripes == 1 and take.quantity <= take.maximum for take in takes)


def raise_if_full(
    takes: Sequence[Take], taken: set[tuple[UUID, UUID, str, int]], day: date
) -> None:
    """Raise LimitReached for the first of `takes` that is not among the keys `taken`."""
    full = next((take for take in takes if take.key not in taken), None)
    if full is not None:
        raise limit_reached(full.line, day)


def limit_reached(line: LimitLine, day: date) -> LimitReached:
    """Return the refusal that names a full limit and when it frees."""
    return refusal_of(full_reason(line, day=day))


def refusal_of(full: Reason) -> LimitReached:
    return LimitReached(reason=full.code, **full.facts)


_MAKE_STRIPES = text(
    """
    INSERT INTO limits (rule_id, scope_id, win, stripe, max, held, used)
    SELECT rule_id, scope_id, win, stripe, maximum, 0, 0 FROM (
        SELECT * FROM unnest(CAST(:rules AS uuid[]), CAST(:scopes AS uuid[]), CAST(:wins AS text[]),
            CAST(:stripes AS smallint[]), CAST(:maxima AS bigint[]),
            CAST(:quantities AS bigint[]), CAST(:units AS text[]))
            AS w(rule_id, scope_id, win, stripe, maximum, quantity, unit)
        ORDER BY rule_id, scope_id, win, stripe
    ) wanted
    ON CONFLICT (rule_id, scope_id, win, stripe) DO NOTHING
    """
)

_LOCK_ROWS = text(
    """
    SELECT l.rule_id, l.scope_id, l.win, l.stripe, l.held + l.used AS taken
    FROM limits l
    JOIN unnest(CAST(:rules AS uuid[]), CAST(:scopes AS uuid[]), CAST(:wins AS text[]),
            CAST(:stripes AS smallint[])) AS w(rule_id, scope_id, win, stripe)
        USING (rule_id, scope_id, win, stripe)
    ORDER BY l.rule_id, l.scope_id, l.win, l.stripe
    FOR UPDATE OF l
    """
)


def _spread_over_stripes(session: Session, takes: Sequence[Take], day: date) -> list[Take]:
    """Return takes that draw a striped budget from whichever stripes still hold some of it.

    Locks every row concerned, all stripes included, in the order of their keys: what is read then
    cannot change before it is taken. The sum of the stripes is the budget, so a budget is refused
    only when all of it is gone.
    """
    every = [
        replace(take, stripe=stripe, maximum=stripe_maximum(line.maximum, line.stripes, stripe))
        for take in takes
        for line in [take.line]
        for stripe in (range(line.stripes) if line.stripes > 1 else [take.stripe])
    ]
    keys: dict[str, Any] = {
        "rules": [take.line.rule_id for take in every],
        "scopes": [take.line.scope_id for take in every],
        "wins": [take.line.win for take in every],
        "stripes": [take.stripe for take in every],
    }
    amounts = {
        "maxima": [take.maximum for take in every],
        "quantities": [0 for _ in every],
        "units": [take.line.unit for take in every],
    }
    session.execute(_MAKE_STRIPES, keys | amounts)
    taken = {
        (row.rule_id, row.scope_id, row.win, row.stripe): row.taken
        for row in session.execute(_LOCK_ROWS, keys)
    }
    result: list[Take] = []
    for take in takes:
        if take.line.stripes == 1:
            result.append(take)
            continue
        missing = take.quantity
        for row in every:
            if row.line is take.line and missing:
                part = min(missing, row.maximum - taken[row.key])
                if part > 0:
                    result.append(replace(row, quantity=part))
                    missing -= part
        if missing:
            raise limit_reached(take.line, day)
    return result
