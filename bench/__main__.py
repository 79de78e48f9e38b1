"""`./dev bench [CASE …]`: one JSON line per case and number of clients."""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, event, text

import bench
from app.factory import create_app
from bench import card
from bench.bank import LINES as BANK_LINES
from bench.bank import bank_file
from bench.floor import DROP, SETUP
from bench.grab import grab
from bench.limits import Wanted, end, kept, wanted_offer
from bench.load import Measured, burst, request_bytes, serve_echo
from bench.month import SALES as MONTH_SALES
from bench.month import month
from bench.proof import LEAVES, proof_log
from bench.quarter import SALES as QUARTER_SALES
from bench.quarter import STEPS, machine, quarter
from bench.sales import Lanes, Sales
from bench.servers import Server, free_port
from bench.world import BILL_FEN, prepare
from kernel.clock import utc_now

CLIENTS = (1, 8, 32)
ROUNDS = 2
# A round of one client is shorter: it is as many times slower as others are together.
REQUESTS = {1: 500, 8: 2000, 32: 2000}
WARM_UP = 400
CLIENT_TIMES_FASTER = 3


@dataclass(frozen=True)
class Case:
    """What is measured: `make(clients, count)` builds the requests, outside the timing."""

    name: str
    server: str
    make: Callable[[int, int], Lanes]
    statuses: tuple[int, ...]


def lanes(requests: Sequence[bytes], clients: int) -> Lanes:
    return [list(requests[client::clients]) for client in range(clients)]


def floor_case(name: str, server: str, request: Callable[[], bytes]) -> Case:
    return Case(
        name,
        server,
        lambda clients, count: lanes([request() for _ in range(count)], clients),
        (200,),
    )


def measure(case: Case, server: Server, clients: int) -> tuple[Measured, float]:
    """Return the rounds as one, and the CPU milliseconds of the workers per request."""
    total = Measured()
    cpu = 0.0
    for _ in range(ROUNDS):
        ready = case.make(clients, REQUESTS[clients])
        before = server.cpu_seconds()
        seen = burst(server.port, ready)
        cpu += server.cpu_seconds() - before
        total.seconds += seen.seconds
        total.wall_seconds += seen.wall_seconds
        for status, count in seen.statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + count
    return total, cpu * 1000 / len(total.seconds)


def count_statements(sales: Sales, app: Flask) -> dict[str, int]:
    """Count the statements of one verification and one redemption, BEGIN and COMMIT apart.

    In a process of ours: the workers' own statements cannot be told from one another outside.
    """
    counted: list[str] = []

    def hear(*said: Any) -> None:
        counted.append(said[2])

    event.listen(Engine, "before_cursor_execute", hear)
    client = app.test_client()

    def send(request: bytes) -> tuple[int, Any]:
        head, _, content = request.partition(b"\r\n\r\n")
        start, *rest = head.decode().split("\r\n")
        counted.clear()
        headers = dict(line.split(": ", 1) for line in rest)
        answer = client.post(start.split(" ")[1], data=content, headers=headers)
        return len(counted), answer.json

    # The first request of a process also fetches the trust list, which is then kept for seconds.
    send(sales.verifications(1, 1)[0][0])
    verify, seen = send(sales.verifications(1, 1)[0][0])
    redeem, _ = send(sales.sale(0, seen))
    return {"verify_only": verify, "redeem": redeem, "redeem_bare": redeem}


def counters(case: Case, *, sold: int, since: datetime) -> dict[str, int]:
    """Return what must be 0 of a case that sells: beyond a limit, told but not kept, kept twice."""
    if 201 not in case.statuses:  # noqa: PLR2004 (Created)
        return {}
    found = kept(since=since)
    return {
        "oversold": found.oversold,
        "lost": max(0, sold - found.sales),
        "double": found.doubles + max(0, found.sales - sold),
    }


def client_rate() -> float:
    """Return the requests a second that the client manages against a server that takes no time."""
    port = free_port()
    echo = multiprocessing.get_context("spawn").Process(target=serve_echo, args=(port,))
    echo.start()
    try:
        request = request_bytes("POST", "/", body={"x": "y" * 400})
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return burst(port, lanes([request] * 20_000, 32)).rate
            except OSError:
                time.sleep(0.1)
    finally:
        echo.terminate()
        echo.join()
    raise RuntimeError("the echo server did not start")


def lines(cases: Sequence[Case], statements: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Measure every case at every number of clients; the floors of a number come first."""
    servers = {name: Server(name) for name in dict.fromkeys(case.server for case in cases)}
    fastest = client_rate()
    for clients in CLIENTS:
        rates: dict[str, float] = {}
        for case in cases:
            started = utc_now()
            with servers[case.server] as server:
                PORT[0] = server.port
                warm = burst(server.port, case.make(8, WARM_UP))
                seen, cpu_ms = measure(case, server, clients)
            rates[case.name] = seen.rate
            sold = warm.statuses.get(201, 0) + seen.statuses.get(201, 0)
            yield {
                "case": case.name,
                "clients": clients,
                "rps": round(seen.rate, 1),
                "p50_ms": round(seen.percentile_ms(50), 2),
                "p95_ms": round(seen.percentile_ms(95), 2),
                "p99_ms": round(seen.percentile_ms(99), 2),
                "p99_over_p50": round(seen.percentile_ms(99) / seen.percentile_ms(50), 2),
                "errors": sum(n for code, n in seen.statuses.items() if code not in case.statuses),
                **counters(case, sold=sold, since=started),
                "cpu_ms": round(cpu_ms, 3),
                "statements": statements.get(case.name),
                "ratio": {
                    floor: round(seen.rate / rates[floor], 3)
                    for floor in ("empty_route", "minimal_transaction", "redeem_bare")
                    if floor in rates
                },
                "client_times_faster": round(fastest / seen.rate, 1),
            }


# A line in which one of these is not 0 fails the run.
MUST_BE_ZERO = ("errors", "oversold", "lost", "double", "too_slow")
FAILED: list[str] = []
PORT = [0]
SERVICE = "wsgi:app"
RUNNING: list[Wanted] = []
FLOOR_STATEMENTS = {"empty_route": 0, "minimal_transaction": 4}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=bench.__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all of them, if none is named")
    parser.add_argument(
        "--credentials",
        type=int,
        default=card.CREDENTIALS,
        help="how many the case issue issues (%(default)s)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a fifth of the requests: to see that it runs"
    )
    options = parser.parse_args()
    if options.quick:
        REQUESTS.update({clients: count // 5 for clients, count in REQUESTS.items()})
    failed_alone = run_alone(options.cases, quick=options.quick)
    if failed_alone is not None:
        return failed_alone
    app = create_app()
    world = prepare(app, Path(os.environ["DATA_DIR"]))
    own: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "issue": lambda: card.issue(world, credentials=options.credentials),
        "verify_card": lambda: card.verify_card(world),
        "status_lists": lambda: card.status_lists(world),
        "grab": grab,
    }
    sales = Sales(world, lambda: PORT[0])
    every = served_cases(sales)
    wanted = set(options.cases) or own.keys() | {case.name for case in every}
    unknown = wanted - own.keys() - {case.name for case in every}
    if unknown:
        print(f"No such case: {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    with app.app_context():
        for name in (name for name in own if name in wanted):
            for line in own[name]():
                print(json.dumps(line), flush=True)
                FAILED.extend(line["case"] for name in MUST_BE_ZERO if line.get(name))
    # The floors are always measured: a ratio needs them.
    cases = [case for case in every if case.name in wanted or case.server.startswith("bench")]
    if wanted - own.keys():
        measure_served(app, sales, cases)
    if FAILED:
        print(f"Not 0: {', '.join(sorted(set(FAILED)))}. See the lines above.", file=sys.stderr)
    return 1 if FAILED else 0


# What has a database of its own, and is as long as a coffee: measured only when it is named.
ALONE: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "bank_file": lambda part: bank_file(BANK_LINES // part),
    "month": lambda part: month(MONTH_SALES // part),
    "proof": lambda part: proof_log(LEAVES // part),
    "quarter": lambda part: quarter(QUARTER_SALES // part),
    "machine": lambda part: machine(STEPS // part),
}


def run_alone(cases: list[str], *, quick: bool) -> int | None:
    """Run those of `cases` that stand alone, and forget them; return None if others are left."""
    named = [case for case in cases if case in ALONE]
    for case in named:
        cases.remove(case)
        for line in ALONE[case](5 if quick else 1):
            print(json.dumps(line), flush=True)
            FAILED.extend(line["case"] for name in MUST_BE_ZERO if line.get(name))
    if cases or not named:
        return None
    return 1 if FAILED else 0


def served_cases(sales: Sales) -> list[Case]:
    minimal = {"gross_fen": BILL_FEN}
    return [
        floor_case(
            "empty_route", "bench.floor:create_floor()", lambda: request_bytes("GET", "/empty")
        ),
        floor_case(
            "minimal_transaction",
            "bench.floor:create_floor()",
            lambda: request_bytes("POST", "/minimal", body=minimal),
        ),
        Case("redeem_bare", "bench.bare:app", sales.redemptions, (201,)),
        Case("verify_only", SERVICE, sales.verifications, (200,)),
        Case("redeem", SERVICE, sales.redemptions, (201,)),
        Case("mixed_day", SERVICE, sales.mixed_day, (200, 201)),
        *(
            Case(name, SERVICE, wanted_sales(sales, stripes=stripes), (201, 409))
            for name, stripes in (("hot_limit", 1), ("striped_limit", 8))
        ),
    ]


def wanted_sales(sales: Sales, *, stripes: int) -> Callable[[int, int], Lanes]:
    """Return what makes sales of an offer whose budget ends after three quarters of them."""

    def make(clients: int, count: int) -> Lanes:
        if RUNNING:
            end(RUNNING.pop())
        RUNNING.append(wanted_offer(uses=count * 3 // 4, stripes=stripes))
        return sales.of(RUNNING[-1].offer_id).redemptions(clients, count)

    return make


def measure_served(app: Flask, sales: Sales, cases: Sequence[Case]) -> None:
    owner = create_engine(os.environ["DATABASE_OWNER_URL"], isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(SETUP))
    try:
        statements = FLOOR_STATEMENTS | count_statements(sales, app)
        for line in lines(cases, statements):
            print(json.dumps(line), flush=True)
            FAILED.extend(line["case"] for name in MUST_BE_ZERO if line.get(name))
    finally:
        if RUNNING:
            end(RUNNING.pop())
        with owner.connect() as connection:
            connection.execute(text(DROP))
        owner.dispose()


if __name__ == "__main__":
    sys.exit(main())
