"""The phone apps' UC1 (`pwa/shared/uc1`), run outside of them: in Node, and in Chromium.

Both answer the same jobs (`pwa/tests/uc1/harness.ts`) from the same bundle. Jobs and answers are
JSON; bytes are in hexadecimal.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright

from tools import browser, frontend
from tools.errors import TaskError

Answerer = Callable[[Mapping[str, Any]], Any]

_HARNESS = frontend.SOURCES / "tests" / "uc1"
_ORIGIN = "https://card.test"  # never resolved: each request is answered here
_PAGE = f'<!doctype html><script type="module" src="{_ORIGIN}/harness.js"></script>'
# Stricter than the service's own policy: the codec needs no eval, and no network.
_POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'"
_ASK = "async (job) => (await import('/harness.js')).answer(job)"


@contextmanager
def bundled() -> Iterator[Path]:
    """Give the bundle of the harness, as it is in the working tree, until the block ends."""
    with TemporaryDirectory(prefix="uc1-") as folder:
        file = Path(folder, "harness.mjs")
        command, env = frontend.program(_HARNESS / "build.mjs", str(file))
        done = subprocess.run(
            command, check=False, env=env, cwd=frontend.SOURCES, stderr=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            raise TaskError(f"The phone apps' UC1 does not build:\n{done.stderr}")
        yield file


def in_node(bundle: Path) -> Answerer:
    def answer(job: Mapping[str, Any]) -> Any:
        command, env = frontend.program(_HARNESS / "node.mjs", str(bundle))
        done = subprocess.run(
            command, check=False, env=env, input=json.dumps(job), capture_output=True, text=True
        )
        if done.returncode != 0:
            raise TaskError(f"Node failed with exit code {done.returncode}:\n{done.stderr}")
        return json.loads(done.stdout)

    return answer


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give the system's Chromium, without a window. Raises TaskError where there is none."""
    path = next(filter(None, map(shutil.which, browser.NAMES)), None)
    if path is None:
        raise TaskError("There is no Chromium: install it with your system's packages.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path)
        yield launched
        launched.close()


@contextmanager
def in_chromium(bundle: Path, launched: Browser) -> Iterator[Answerer]:
    """Give what answers jobs in a page of its own, with a network that ends at this process."""
    script = bundle.read_text(encoding="utf-8")

    def serve(route: Route) -> None:
        if route.request.url == f"{_ORIGIN}/harness.js":
            route.fulfill(body=script, content_type="text/javascript")
        else:
            headers = {"Content-Security-Policy": _POLICY}
            route.fulfill(body=_PAGE, content_type="text/html", headers=headers)

    with launched.new_context() as context:
        context.route("**/*", serve)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{_ORIGIN}/")

        def answer(job: Mapping[str, Any]) -> Any:
            said = page.evaluate(_ASK, job)
            if complaints:
                raise TaskError(f"Chromium complains: {complaints}")
            return said

        yield answer


def main(arguments: list[str]) -> int:
    """Print what the vectors of a file come to in Node and in Chromium."""
    [file] = arguments
    job = {"do": "vectors", "content": json.loads(Path(file).read_text(encoding="utf-8"))}
    browser.ensure()
    with (
        bundled() as bundle,
        chromium() as launched,
        in_chromium(bundle, launched) as ask_chromium,
    ):
        print(json.dumps({"node": in_node(bundle)(job), "chromium": ask_chromium(job)}))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except TaskError as error:
        sys.exit(str(error))
