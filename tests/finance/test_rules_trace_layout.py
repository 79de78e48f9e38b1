"""Where the things of a chain stand on its drawing: every edge forward, nothing on nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from finance.rules.trace_layout import lay_out


def month(sales):
    """A statement of so many sales, its payment in a batch, and the bank's line."""
    kinds = {f"s{n}": "sale" for n in range(sales)} | {f"e{n}": "entry" for n in range(sales)}
    kinds |= {"st": "statement", "p": "payment", "b": "batch", "l": "line"}
    edges = [(f"s{n}", f"e{n}", 10) for n in range(sales)]
    edges += [(f"e{n}", "st", 10) for n in range(sales)]
    total = 10 * sales
    return kinds, [*edges, ("st", "p", total), ("b", "p", total), ("p", "l", total)]


def box_of(layout, key):
    return next(box for box in layout.boxes if key in box.keys)


def test_it_goes_from_the_scan_to_the_bank():
    layout = lay_out(*month(1), at="s0", shown=3)

    assert [box_of(layout, key).rank for key in ("s0", "e0", "st", "p", "l")] == [0, 1, 2, 3, 4]
    assert box_of(layout, "b").rank == 2  # right before what it leads to
    assert (layout.ranks, layout.slots) == (5, 2)


def test_many_that_are_alike_are_one_bundle_on_the_whole_way():
    layout = lay_out(*month(50), at="s9", shown=3)

    sales = [box for box in layout.boxes if box.keys[0].startswith("s") and box.keys != ["st"]]
    assert sorted(len(box.keys) for box in sales) == [1, 1, 1, 1, 46]
    bundles = [box for box in layout.boxes if len(box.keys) > 1]
    assert [len(box.keys) for box in bundles] == [46, 47]
    assert box_of(layout, "s9").keys == ["s9"]
    assert sum(line.amount_fen for line in layout.lines if line.path[-1].keys == ["st"]) == 500


def test_an_edge_over_several_ranks_has_a_way_of_its_own():
    kinds = dict.fromkeys("abcd", "any")
    edges = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("a", "d", 7)]

    layout = lay_out(kinds, edges, at="a", shown=3)

    [long] = [line for line in layout.lines if line.amount_fen == 7]
    assert [box.rank for box in long.path] == [0, 1, 2, 3]
    taken = [(box.rank, box.slot) for box in {*layout.boxes, *long.path}]
    assert len(taken) == len(set(taken))


def test_arrows_cross_no_more_than_they_must():
    kinds = {"a": 1, "b": 1, "x": 2, "y": 3}

    layout = lay_out(kinds, [("a", "y", 1), ("b", "x", 1)], at="a", shown=3)

    a, b, x, y = (box_of(layout, key).slot for key in "abxy")
    assert (a < b) == (y < x)


@st.composite
def chains(draw):
    """Things 0..n, whose edges lead to later ones: a chain has no circle."""
    count = draw(st.integers(1, 24))
    kinds = {key: draw(st.integers(0, 3)) for key in range(count)}
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    found = {(min(pair), max(pair)) for pair in draw(st.lists(pairs, max_size=40))}
    edges = [(low, high, draw(st.integers(-9, 9))) for low, high in found if low != high]
    return kinds, edges, draw(st.integers(0, count - 1))


@given(chain=chains(), shown=st.integers(1, 3))
def test_whatever_the_chain_nothing_is_lost_and_every_edge_leads_forward(chain, shown):
    kinds, edges, at = chain

    layout = lay_out(kinds, edges, at=at, shown=shown)

    drawn = [key for box in layout.boxes for key in box.keys]
    assert sorted(drawn) == sorted(kinds)
    assert box_of(layout, at).keys == [at]
    assert sum(line.amount_fen for line in layout.lines) == sum(fen for _, _, fen in edges)
    for line in layout.lines:
        ranks = [box.rank for box in line.path]
        assert ranks == list(range(ranks[0], ranks[-1] + 1))
        assert len(ranks) > 1
    standing = {*layout.boxes, *(box for line in layout.lines for box in line.path)}
    places = [(box.rank, box.slot) for box in standing]
    assert len(places) == len(set(places))
    assert all(0 <= slot <= layout.slots - 1 for _, slot in places)
