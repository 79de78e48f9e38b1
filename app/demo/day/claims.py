"""Two mutual-aid claims: handed in by phone, one returned for papers, approved by two people."""

import secrets
from datetime import timedelta
from typing import Any

from app.demo.day.http import UnexpectedAnswer, answered
from app.demo.day.phone import Phone
from app.demo.day.scene import Scene
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id

SCHEME = "GD_INPT_2022"
_PAPERS = ("settlement_sheet", "invoice", "discharge_summary")
_CONSENTS = ("aid_health_data", "payout_account")
_DAYS_AGO = 5
# What the pool and the member paid for each stay; a twelve-day and a five-day one.
_STAYS = ((12_000_00, 3_000_00, 12), (8_000_00, 1_200_00, 5))


def claim_aid(scene: Scene, phones: tuple[Phone, Phone]) -> list[int]:
    """Take two claims from the phone to payable; return what each comes to, in fen.

    The second is first handed in without its last paper, returned for it, and handed in again.
    """
    whole, short = phones
    for phone in phones:
        phone.agree(*_CONSENTS)
    complete = _submit(whole, _STAYS[0], _PAPERS)
    lacking = _submit(short, _STAYS[1], _PAPERS[:-1])
    assessor = scene.desk("claims_assessor")
    page = f"/desk/aid/{lacking['id']}"
    assessor.send_current(
        f"{page}/return", page=page, papers=[_PAPERS[-1]], note="请补交出院小结 (demo)"
    )
    answered(
        short.post(
            f"/aid/claims/{lacking['id']}/resubmit",
            lines=lacking["lines"],
            documents=[_hand_in(short, _PAPERS[-1])],
        ),
        200,
    )
    for phone, claim in ((whole, complete), (short, lacking)):
        page = f"/desk/aid/{claim['id']}"
        assessor.send_current(f"{page}/assess", page=page)
        scene.desk("claims_approver").send_current(f"{page}/approve", page=page)
        state = answered(phone.get(f"/aid/claims/{claim['id']}"), 200)["state"]
        if state != "payable":
            raise UnexpectedAnswer(f"An approved claim is {state}, not payable.")
    return [complete["benefit_fen"], lacking["benefit_fen"]]


def _submit(phone: Phone, stay: tuple[int, int, int], papers: tuple[str, ...]) -> Any:
    pool_paid_fen, self_paid_fen, days = stay
    # An invoice is claimed once for ever, and the day may be driven again.
    number = f"{secrets.randbelow(10**8):08d}"
    line = {
        "invoice_no": f"86{number}",
        "hospital": "演示医院",
        "admission_no": f"ZY{number}",
        "pool_paid_fen": pool_paid_fen,
        "self_paid_fen": self_paid_fen,
        "days": days,
    }
    return answered(
        phone.post(
            "/aid/claims",
            id=str(new_id()),
            scheme=SCHEME,
            event_type="illness",
            event_date=(shanghai_date(utc_now()) - timedelta(days=_DAYS_AGO)).isoformat(),
            lines=[line],
            documents=[_hand_in(phone, kind) for kind in papers],
        ),
        201,
    )


def _hand_in(phone: Phone, kind: str) -> str:
    # A file of its own: the same bytes with another claim would be a sign of fraud.
    content = f"%PDF-1.4\n% {kind} {new_id()}\n%%EOF\n".encode()
    sent = phone.hand_in(
        "/aid/documents", file=(f"{kind}.pdf", content, "application/pdf"), kind=kind
    )
    return str(answered(sent, 201)["id"])
