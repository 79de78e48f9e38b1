"""What a commit should not bring in: large files, and text that does not end in one newline.

Run by pre-commit with the names of the files of the commit.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

BYTES_MAX = 1_000_000


def faults(file: Path) -> Iterator[str]:
    content = file.read_bytes()
    if len(content) > BYTES_MAX:
        yield f"{file}: {len(content):,} bytes is more than {BYTES_MAX:,}"
    if content and b"\0" not in content:
        if not content.endswith(b"\n"):
            yield f"{file}: the last line has no newline"
        elif content.endswith(b"\n\n"):
            yield f"{file}: empty lines at the end"


def main(names: list[str]) -> int:
    found = [fault for name in names for fault in faults(Path(name))]
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
