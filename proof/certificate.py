"""Verify the certificate of a closed month, as the desk saves it. Needs verifier.py beside it.

    python3 -m proof.certificate FILE [--before FILE] [--proof FILE] [--key THUMBPRINT]

Run where the folder `proof` is. It needs Python 3.11 and the package `cryptography`, and nothing of
the service. A certificate is one JSON object. `signed` (a compact JWS, ES256) is over all of it but
`signed`, `key` (the public key, a JWK) and `not_signed` (names, for people). Checked is

    that `key` signed exactly what the file says, and that two people closed the month;
    that every sum comes to the same on both sides, and every residual to 0;
    that each programme, and each budget line, adds up, and the lines to their sum;
    --before: that each line carries in what the certificate of the month before carries out;
    --proof: that this very certificate is in the signed log (`proof-month_certified-…json`).
"""

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path

from proof.verifier import Bad, Json, Report, read_key, read_signed, verify_proof

BESIDE = {"signed", "key", "not_signed"}
OF_TOKEN = {"key", "root", "size"}
BUDGETS = "budget_lines_fen"


def read_certificate(saved: Json, report: Report) -> Json:
    """Return what was signed; report where the file says anything else. Raises Bad."""
    if not saved.get("signed") or not saved.get("key"):
        raise Bad("it is not signed: it was closed before certificates were")
    said = read_signed(saved["signed"], dict([read_key(saved["key"].encode())]))
    if said.get("record") != "close_certificate":
        raise Bad("what was signed is no certificate")
    for name in sorted(said.keys() - OF_TOKEN | saved.keys() - BESIDE):
        if name not in said or name not in saved or said[name] != saved[name]:
            report.add(name, "it is not what was signed")
    return said


def check_sums(said: Json, report: Report) -> None:
    """Report what does not come to nothing."""
    if said["maker_id"] == said["approver_id"]:
        report.add("approver_id", "one person asked for the month and closed it")
    if said["residuals"].keys() != said["identities"].keys():
        report.add("residuals", "they are not those of the identities")
    for name, each in said["identities"].items():
        check_sides(name, each, report)
        if said["residuals"].get(name) != each["residual"]:
            report.add(name, "it has two residuals")
    for each in said.get("programmes") or []:
        spent = each["captured"] - each["taken_back"] + each["adjusted"] + each["awarded"]
        if each["residual"] or spent != each["booked"]:
            report.add(f"programme {each['code']}", f"{spent - each['booked']} fen are left over")


def check_sides(name: str, each: Json, report: Report) -> None:
    difference = sum(each["left"].values()) - sum(each["right"].values())
    if difference or each["residual"]:
        report.add(name, f"its sides differ by {difference}, its residual is {each['residual']}")


def check_lines(said: Json, report: Report) -> None:
    """Report budget lines that do not add up, each and all together."""
    lines = said.get("budgets") or []
    for line in lines:
        check_sides(f"budget line {line['code']}", line, report)
    of_all = said["identities"].get(BUDGETS, {"left": {}, "right": {}})
    for side in ("left", "right"):
        for term, value in of_all[side].items():
            if value != (total := sum(line[side][term] for line in lines)):
                report.add(BUDGETS, f"{term} is {value}, and of all lines {total}")


def check_before(said: Json, before: Json, report: Report) -> None:
    """Report where a month does not go on from the one before."""
    last = date.fromisoformat(f"{said['month']}-01") - timedelta(days=1)
    if before["month"] != f"{last:%Y-%m}":
        report.add("month", f"the month before is {last:%Y-%m}, not {before['month']}")
    now = {line["line_id"]: line["left"] for line in said["budgets"]}
    for line in before["budgets"]:
        given = now.pop(line["line_id"], {"carried_in": 0, "held_before": 0})
        for term, was in (("carried_in", "carried_out"), ("held_before", "held")):
            if given[term] != line["right"][was]:
                why = f"{term} is {given[term]}, and the month before says {line['right'][was]}"
                report.add(f"budget line {line['code']}", why)
    if any(given["carried_in"] or given["held_before"] for given in now.values()):
        report.add("budgets", "a line carries in what no line carried out")


def verify_certificate(
    saved: Json,
    *,
    before: Json | None = None,
    proof: Json | None = None,
    trusted: str | None = None,
) -> Json:
    """Return what is found: ok, first_bad, and what was looked at. Raises Bad."""
    report = Report()
    said = read_certificate(saved, report)
    if trusted not in (None, said["key"]):
        report.add("key", "another key signed it than the one that you trust")
    check_sums(said, report)
    check_lines(said, report)
    if before is not None:
        check_before(said, read_certificate(before, report), report)
    if proof is not None:
        verify_proof(proof)
        record = json.loads(proof["record"])
        if (record["record"], record["signed"]) != ("month_certified", saved["signed"]):
            report.add("proof", "the log has another certificate of this month")
    return report.answer(
        month=said["month"],
        sums=len(said["identities"]),
        programmes=len(said.get("programmes") or []),
        budget_lines=len(said.get("budgets") or []),
        named=len(said["named"]),
        key=said["key"],
    )


def read_saved(path: Path) -> Json:
    """Return a certificate whose file is, byte for byte, what the desk saves. Raises Bad."""
    content = path.read_bytes()
    found: Json = json.loads(content)
    if json.dumps(found, ensure_ascii=False, indent=2).encode() != content:
        raise Bad(f"{path.name} is not byte for byte what the desk saves")
    return found


def verify_files(
    path: Path, *, before: Path | None, proof: Path | None, trusted: str | None
) -> Json:
    """Verify a saved certificate, whatever its bytes are; never raises."""
    try:
        return verify_certificate(
            read_saved(path),
            before=read_saved(before) if before else None,
            proof=json.loads(proof.read_bytes()) if proof else None,
            trusted=trusted,
        )
    except Bad as error:
        return {"ok": False, "first_bad": str(error)}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        return {"ok": False, "first_bad": f"it is not what the desk saves: {error!r}"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify the certificate of a closed month.")
    parser.add_argument("file", type=Path, help="the certificate, as the desk saves it")
    parser.add_argument("--before", type=Path, help="the certificate of the month before")
    parser.add_argument("--proof", type=Path, help="the proof that the log has it")
    parser.add_argument("--key", help="the thumbprint of the key that you trust")
    given = parser.parse_args()
    found = verify_files(given.file, before=given.before, proof=given.proof, trusted=given.key)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
