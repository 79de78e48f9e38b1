"""ISO 20022 pain.001.001.09, the transfer order that banks' own channels take.

Every file is held to the standard's schema before anybody gets it. finance/data/iso20022/ holds
the schema as ISO publishes it.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from xml.etree.ElementTree import Element, SubElement, tostring

import xmlschema

from finance.rules.payment_lines import FileHead, PaymentFileLine, UnfitError, plain_yuan

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CURRENCY = "CNY"
# The external code of China's national clearing system, whose member ids are 12 digits.
CLEARING = "CNAPS"


def pain001(lines: Sequence[PaymentFileLine], purposes: Sequence[str], head: FileHead) -> bytes:
    """Return the order to pay `lines` from the head's account, each booked by itself."""
    assert head.payer is not None
    payer = head.payer
    total = plain_yuan(sum(line.amount_fen for line in lines))
    document = Element("Document", xmlns=NAMESPACE)
    order = SubElement(document, "CstmrCdtTrfInitn")
    group = SubElement(order, "GrpHdr")
    _say(group, "MsgId", f"UC-{head.number}")
    _say(group, "CreDtTm", head.made_at.isoformat(timespec="seconds"))
    _say(group, "NbOfTxs", str(len(lines)))
    _say(group, "CtrlSum", total)
    _say(group, "InitgPty/Nm", payer.holder)
    block = SubElement(order, "PmtInf")
    _say(block, "PmtInfId", f"UC-{head.number}-1")
    _say(block, "PmtMtd", "TRF")
    # A line of the bank's statement for each payment: they are matched one by one.
    _say(block, "BtchBookg", "false")
    _say(block, "NbOfTxs", str(len(lines)))
    _say(block, "CtrlSum", total)
    _say(block, "ReqdExctnDt/Dt", head.made_at.date().isoformat())
    _say(block, "Dbtr/Nm", payer.holder)
    account = SubElement(block, "DbtrAcct")
    _say(account, "Id/Othr/Id", payer.account)
    _say(account, "Ccy", CURRENCY)
    _bank(block, "DbtrAgt", payer.bank_code, payer.bank_name)
    _say(block, "ChrgBr", "DEBT")
    for line, purpose in zip(lines, purposes, strict=True):
        _transfer(block, line, purpose)
    content: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return content


def _bank(parent: Element, role: str, code: str, name: str) -> None:
    bank = SubElement(SubElement(parent, role), "FinInstnId")
    member = SubElement(bank, "ClrSysMmbId")
    _say(member, "ClrSysId/Cd", CLEARING)
    _say(member, "MmbId", code)
    if name:
        _say(bank, "Nm", name)


def _transfer(block: Element, line: PaymentFileLine, purpose: str) -> None:
    transfer = SubElement(block, "CdtTrfTxInf")
    _say(transfer, "PmtId/EndToEndId", line.reference)
    amount = SubElement(SubElement(transfer, "Amt"), "InstdAmt", Ccy=CURRENCY)
    amount.text = plain_yuan(line.amount_fen)
    if line.payee_bank_code:
        _bank(transfer, "CdtrAgt", line.payee_bank_code, line.payee_bank)
    _say(transfer, "Cdtr/Nm", line.payee_name)
    _say(transfer, "CdtrAcct/Id/Othr/Id", line.payee_account)
    _say(transfer, "RmtInf/Ustrd", f"{purpose} {line.reference}")


def _say(parent: Element, path: str, text: str) -> None:
    for name in path.split("/"):
        parent = SubElement(parent, name)
    parent.text = text


@cache
def _schema() -> xmlschema.XMLSchema:
    file = resources.files("finance").joinpath("data/iso20022/pain.001.001.09.xsd")
    return xmlschema.XMLSchema(file.read_text("utf-8"))


def check_against_schema(content: bytes) -> None:
    """Raise UnfitError, naming the place, unless the standard's schema takes `content`."""
    try:
        error = next(_schema().iter_errors(content.decode()), None)
    except xmlschema.XMLResourceError as unread:
        raise UnfitError(str(unread)[:200]) from None
    if error is not None:
        raise UnfitError(f"{error.path}: {error.reason}"[:200])
