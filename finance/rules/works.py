"""Long work: the stages that each kind goes through, and how far the whole of it is. Pure."""

from collections.abc import Callable, Mapping

from finance.models import WorkKind, WorkStage

# A service says which stage it has begun or gone on with: how much of how much is done.
Tell = Callable[[WorkStage, int, int], None]


def say_nothing(stage: WorkStage, done: int, total: int) -> None:
    """Be told, and tell nobody: what services do unless somebody watches."""


# Hundredths of the whole that each stage usually takes, in their order.
STAGES: Mapping[WorkKind, Mapping[WorkStage, int]] = {
    WorkKind.BANK_FILE: {
        WorkStage.READ: 20,
        WorkStage.WRITE: 10,
        WorkStage.MATCH: 60,
        WorkStage.NAME: 10,
    },
    WorkKind.TRADE_BILL: {WorkStage.READ: 30, WorkStage.WRITE: 20, WorkStage.MATCH: 50},
    WorkKind.OPENING: {WorkStage.COLLECT: 80, WorkStage.NOTE: 20},
    WorkKind.CLOSING: {WorkStage.COMPARE: 40, WorkStage.SIGN: 20, WorkStage.VOUCHERS: 40},
}


def percent(kind: WorkKind, stage: WorkStage | None, *, done: int, total: int) -> int:
    """Return how far the whole is; never 100, which is for what is finished."""
    before = 0
    for each, share in STAGES[kind].items():
        if each is stage:
            within = share * min(done, total) // total if total else 0
            return min(99, before + within)
        before += share
    return 0
