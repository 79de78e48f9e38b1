"""What `./dev TASK …` hands over to."""

import sys
from collections.abc import Callable

from tools import checks, processes, run, service, suite, vectors
from tools.errors import TaskError

TASKS: dict[str, Callable[[list[str]], int]] = {
    "run": run.run,
    "test": suite.test,
    "check": checks.check,
    "fix": checks.fix,
    "docs": checks.docs,
    "bench": service.bench,
    "migration": checks.migration,
    "shell": lambda arguments: service.flask(["shell", *arguments]),
    "seed": service.seed,
    "reset": service.reset,
    "flask": service.flask,
    "vectors": vectors.vectors,
}
INTERRUPTED = 130


def main() -> int:
    processes.unwind_on_signals()
    task, *arguments = sys.argv[1:]
    try:
        return TASKS[task](arguments)
    except TaskError as error:
        print(error, file=sys.stderr)
        return 1
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        # A DATA_DIR that is a file, or somebody else's.
        print(f"{error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
