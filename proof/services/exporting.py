"""Writing the log to files that proof.verifier reads, a stretch at a time: memory stays flat."""

import json
from pathlib import Path

from sqlalchemy.orm import Session

from audit.queries import public_keys
from audit.rules import signed_by
from proof.errors import ExportNotEmpty, NothingLogged
from proof.queries import checkpoints, lines_between

EXPORT_ROWS = 5_000


def begin_export(session: Session, *, folder: Path) -> int:
    """Write keys and checkpoints into `folder`; return the size of the log to be exported.

    Raises ExportNotEmpty, NothingLogged.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportNotEmpty
    found = checkpoints(session, limit=None)[::-1]
    if not found:
        raise NothingLogged
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoints.txt").write_text("".join(f"{each.token}\n" for each in found))
    used = {signed_by(each.token) for each in found}
    keys = [each.jwk for each in public_keys(session) if each.thumbprint in used]
    (folder / "keys.txt").write_text("".join(f"{jwk}\n" for jwk in keys))
    for name in ("records.jsonl", "index.txt"):
        (folder / name).touch()
    return found[-1].size


def export_stretch(session: Session, *, folder: Path, start: int, end: int) -> None:
    """Append the records of [start, end), as they are now, to the export in `folder`.

    Of a record that is gone the line says so; the verifier names it.
    """
    lines = lines_between(session, start=start, end=end)
    with (folder / "records.jsonl").open("a") as records, (folder / "index.txt").open("a") as index:
        for line in lines:
            gone = json.dumps({"record": line.kind.value, "id": line.key, "gone": True})
            records.write(f"{line.body or gone}\n")
            index.write(f"{line.seq} {line.hash.hex()} {line.kind.value} {line.key}\n")
