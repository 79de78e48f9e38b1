"""What the database refuses of trade bills, and of exceptions about what is not the bank's."""

from tests.finance.refused.rows import add

_BILL = [add("channel_accounts"), add("trade_bills")]
_OURS = {"bank_line_id": "NULL", "amount_fen": 1}


def _twice(subject, value):
    """Two exceptions about one thing."""
    about = _OURS | {subject: value}
    return [add("discrepancies", **about), add("discrepancies", id=":k", **about)]


CHANNELS = {
    "one account's row at a channel twice": (
        [add("channel_accounts"), add("channel_accounts", number="'1901'")],
        "pk_channel_accounts",
    ),
    "a number at a channel twice": (
        [add("channel_accounts"), add("channel_accounts", id=":k")],
        "uq_channel_accounts_channel_number",
    ),
    "an account at no channel": (
        [add("channel_accounts", channel="'x'")],
        "ck_channel_accounts_channel",
    ),
    "one bill's row twice": ([*_BILL, add("trade_bills", sha256="'y'")], "pk_trade_bills"),
    "a bill twice": (
        [*_BILL, add("trade_bills", id=":k")],
        "uq_trade_bills_account_id_sha256_first_on",
    ),
    "a bill with more new trades than trades": (
        [add("channel_accounts"), add("trade_bills", new=2)],
        "ck_trade_bills_new_among_trades",
    ),
    "a bill that ends before it begins": (
        [add("channel_accounts"), add("trade_bills", last_on="'2026-11-01'")],
        "ck_trade_bills_days_in_order",
    ),
    "one trade's row twice": (
        [*_BILL, add("trades"), add("trades", trade_no="'2'")],
        "pk_trades",
    ),
    "a trade twice": (
        [*_BILL, add("trades"), add("trades", id=":k")],
        "uq_trades_account_id_trade_no_kind_refund_no",
    ),
    "a trade of less than nothing": ([*_BILL, add("trades", order_fen=-1)], "ck_trades_amounts"),
    "a trade of no kind": ([*_BILL, add("trades", kind="'x'")], "ck_trades_tradekind"),
    "a trade that agrees with no sale": (
        [*_BILL, add("trades", matched_at="now()")],
        "ck_trades_matched_with",
    ),
    "two trades that agree with one sale": (
        [
            *_BILL,
            add("trades", redemption_id=":sold", matched_at="now()"),
            add("trades", id=":k", trade_no="'2'", redemption_id=":sold", matched_at="now()"),
        ],
        "uq_trades_one_of_a_sale",
    ),
    "a discrepancy twice about a trade": (
        [*_BILL, add("trades"), *_twice("trade_id", ":j")],
        "uq_discrepancies_trade_id",
    ),
    "a discrepancy twice about a sale": (
        _twice("redemption_id", ":sold"),
        "uq_discrepancies_redemption_id",
    ),
    "a discrepancy twice about a record of a till": (
        [add("offline_records"), *_twice("offline_record_id", ":j")],
        "uq_discrepancies_offline_record_id",
    ),
    "a discrepancy twice about an invoice": (
        [add("invoices"), *_twice("invoice_id", ":j")],
        "uq_discrepancies_invoice_id",
    ),
    "a discrepancy about a bank line with an amount of its own": (
        [add("discrepancies", amount_fen=1)],
        "ck_discrepancies_amount_of_its_own",
    ),
}
