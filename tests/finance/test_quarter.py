"""A generated quarter: every planted fault is found under its code, and nothing else is flagged.

`./dev bench quarter` plays it with 200,000 sales.
"""

from bench.play import Quarter

SALES = 5_000
FAULTS = 20


def test_the_products_sums_are_the_generators(committed):
    played = Quarter(sales=SALES, faults=FAULTS).play()

    assert played.wrong == []
    assert played.sales == SALES + played.late
    assert played.late > FAULTS
    assert set(played.planted.values()) == {FAULTS}
    assert played.statements > 100
    assert played.bank_lines > played.payments
