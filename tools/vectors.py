"""`./dev vectors FILE`: every implementation of the card over one file of vectors."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.errors import TaskError
from tools.service import FLASK, Service, data_dir


def vectors(arguments: list[str]) -> int:
    """Print what each implementation passed and failed; return 1 if any failed anything."""
    if len(arguments) != 1:
        raise TaskError("Usage: ./dev vectors FILE")
    file = Path(arguments[0])
    if not file.is_file():
        raise TaskError(f"There is no file {file}.")
    results = {"python": in_python(file), **on_phones(file)}
    print(json.dumps(results, ensure_ascii=False))
    return 1 if any(result["failed"] for result in results.values()) else 0


def in_python(file: Path) -> dict[str, Any]:
    with Service.opened(data_dir()) as service:
        done = subprocess.run(
            [*FLASK, "cards", "check-vectors", str(file), "--json"],
            check=False,
            env=service.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
    # Exit code 1 says that some failed, and the answer names them.
    lines = done.stdout.strip().splitlines()
    if done.returncode not in {0, 1} or not lines:
        raise TaskError(f"flask cards check-vectors failed with exit code {done.returncode}.")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def on_phones(file: Path) -> dict[str, dict[str, Any]]:
    """Return what the phone apps' implementation says, in Node and in Chromium.

    In a process of its own, because it needs what only the developer's lock installs, and this
    module is loaded for every task.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tools.phone_codec", str(file)],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode != 0:
        raise TaskError("The phone apps' implementation gave no answer, see above.")
    answer: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answer
