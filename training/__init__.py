"""Training: courses held in sessions with seats, from enrolling to the subsidy.

Owns `courses`, `course_sessions`, `course_meetings`, `enrolments`, `attendances` and `completions`.
A session's seats are a row of `limits`, as everything that runs out is (docs/decisions/0014).
States: models.SESSION_MOVES, models.TRAINING_MOVES.
"""
