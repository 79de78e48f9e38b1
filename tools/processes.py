"""Children of a task: run to their end, told when the task is told to end."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from tools.errors import TaskError
from tools.paths import ROOT

STOP_SECONDS = 10


def unwind_on_signals() -> None:
    """Let the signals that end a program unwind it, so that what was opened is closed.

    Ctrl-C included: a shell starts its background jobs with SIGINT ignored.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: IO[str] | None = None,
) -> int:
    """Run `command` to its end and return its exit code; leave no process behind.

    What it prints goes to `output`, both streams, or where ours go. The child stays in the
    terminal's group, so Ctrl-C reaches it by itself; SIGTERM does not and is passed on.
    """
    errors = None if output is None else subprocess.STDOUT
    with subprocess.Popen(command, env=env, stdout=output, stderr=errors, cwd=folder) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            _end(child, told=True)
            raise
        except BaseException:
            _end(child, told=False)
            raise


def must(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    quietly: bool = False,
) -> None:
    """Run a step of the set-up. Its output goes to stderr, because stdout is the task's.

    One that is run `quietly` is heard only if it fails. Raises TaskError if it does.
    """
    with tempfile.TemporaryFile("w+") if quietly else nullcontext(sys.stderr) as output:
        code = run(command, env=env, folder=folder, output=output)
        if code != 0:
            if quietly:
                output.seek(0)
                say(output.read())
            shown = " ".join(str(word) for word in command)
            raise TaskError(f"This step failed with exit code {code}, see above: {shown}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _end(child: subprocess.Popen[bytes], *, told: bool) -> None:
    if not told:
        child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
