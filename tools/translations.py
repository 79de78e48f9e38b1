"""The catalogues: compiled for use, brought up to date by `fix`, found complete by `check`."""

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.errors import TaskError
from tools.paths import ROOT

FOLDER = ROOT / "app" / "translations"
LOCALES = ["zh_Hans_CN"]
_HOLE = re.compile(r"%%|%\(\w+\)[sd]")


def compile_all() -> None:
    """Write the binary form of each catalogue whose binary form is not already that."""
    for source in sorted(FOLDER.glob("*/LC_MESSAGES/*.po")):
        binary = io.BytesIO()
        write_mo(binary, _read(source))
        target = source.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != binary.getvalue():
            unfinished = target.with_suffix(".mo.tmp")
            unfinished.write_bytes(binary.getvalue())
            unfinished.replace(target)


def update() -> None:
    """Bring the catalogues to what the code says; translations that still fit are kept."""
    template = extract()
    for file in _files():
        catalogue = _read(file) if file.exists() else Catalog(locale=file.parent.parent.name)
        # No guessing: a translation of a similar sentence that nobody reads again is a lie.
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_as_text(catalogue))


def faults() -> list[str]:
    """Return what is wrong with the catalogues, a sentence each; empty if nothing is."""
    template = extract()
    return [
        f"{file.relative_to(ROOT)}: {fault}" for file in _files() for fault in _in(file, template)
    ]


def _in(file: Path, template: Catalog) -> Iterator[str]:
    if not file.exists():
        yield "does not exist: run ./dev fix and translate it"
        return
    catalogue = _read(file)
    wanted = {message.id for message in template if message.id}
    for unused in sorted({message.id for message in catalogue if message.id} - wanted, key=str):
        yield f"no longer used (run ./dev fix): {unused!r}"
    for sentence in sorted(wanted, key=str):
        message = catalogue.get(sentence)
        if message is None:
            yield f"missing (run ./dev fix): {sentence!r}"
        elif message.fuzzy or not all(_strings(message)):
            yield f"not translated: {sentence!r}"
        else:
            yield from (f"{error}: {sentence!r}" for error in message.check(catalogue))
            if _has_bare_percent(*_strings(message)) and not _has_bare_percent(*_ids(message)):
                yield f"a bare % fills no hole and ends a template's page: {sentence!r}"


def extract() -> Catalog:
    """Return every sentence that the code and the templates mark for translation."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "babel.messages.frontend", "-q", "extract"),
                *("--mapping-file", "babel.cfg", "--output-file", template, "--no-location"),
                *("--keywords", "lazy_gettext", "--ignore-dirs", "node_modules .*", "."),
            ],
            check=False,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise TaskError(f"The sentences cannot be extracted:\n{done.stderr}")
        return _read(template)


def _files() -> list[Path]:
    return [FOLDER / locale / "LC_MESSAGES" / "messages.po" for locale in LOCALES]


def _read(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=file.parent.parent.name if file.suffix == ".po" else None)


def _as_text(catalogue: Catalog) -> bytes:
    """Return the catalogue without places and dates, which change with every line of code."""
    out = io.BytesIO()
    write_po(out, catalogue, no_location=True, omit_header=False, sort_output=True, width=100)
    return out.getvalue()


def _has_bare_percent(*texts: str) -> bool:
    return any("%" in _HOLE.sub("", text) for text in texts)


def _ids(message: Message) -> Iterable[str]:
    return [message.id] if isinstance(message.id, str) else message.id


def _strings(message: Message) -> list[str]:
    """Return the translation, in each of its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])
