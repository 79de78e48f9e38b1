"""`./dev test`: the whole suite, or what is asked of it, on the tests' own PostgreSQL."""

import os
import sys

from tools import browser, frontend, processes, translations
from tools.postgres import test_cluster

# A test waits a third of its time for servers and browsers: two at once fill two cores.
WORKERS = 2


def test(arguments: list[str]) -> int:
    """Run pytest with `arguments`, and without any the phone apps' tests too.

    The whole suite runs in WORKERS processes, each with databases and servers of its own.
    Returns an exit code that is 0 only if all passed. Several runs at once share the server;
    each makes databases of its own.
    """
    frontend.build()
    translations.compile_all()
    browser.ensure()
    urls = test_cluster()
    env = os.environ | {
        "TEST_OWNER_URL": urls.owner,
        "TEST_APP_URL": urls.app,
        "TEST_READONLY_URL": urls.readonly,
    }
    # A service that a test starts must never meet the developer's own database or mode.
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "MODE", "DATA_DIR", "UNION_CARD_KEYS"):
        env.pop(variable, None)
    asked = arguments or ["-n", str(WORKERS), "--dist", "worksteal"]
    code = processes.run([sys.executable, "-m", "pytest", *asked], env=env)
    if not arguments and frontend.exists():
        words, node_env = frontend.script("test")
        code = processes.run(words, env=node_env, folder=frontend.SOURCES) or code
    return code
