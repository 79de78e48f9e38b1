"""What the database refuses once a month is closed, and of closing it."""

from tests.finance.refused.rows import (
    add,
)

CLOSING = {
    "a month asked for twice": (
        [add("close_requests"), add("close_requests")],
        "pk_close_requests",
    ),
    "a month closed by one person": (
        [add("close_certificates", approver_id=":clerk")],
        "ck_close_certificates_two_people",
    ),
    "a month certified twice": (
        [add("close_certificates"), add("close_certificates")],
        "pk_close_certificates",
    ),
    "a month that there is not": (
        [add("close_certificates", month="'2031-01'")],
        "fk_close_certificates_month",
    ),
}
