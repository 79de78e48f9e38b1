"""A text-message gateway of the tests' own: a real HTTP server in a thread, told how to behave."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SmsServer:
    """`with SmsServer() as server:` takes messages at `server.url` and keeps what it was asked.

    `answers` are the statuses of the next calls, 202 after them; "silence" answers nothing until
    the server closes.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/messages"

    def _handler(outer):  # noqa: N805 (the inner class has its own self)
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = outer.answers.pop(0) if outer.answers else 202
                outer.asked.append(
                    body
                    | {
                        "key": self.headers["Idempotency-Key"],
                        "token": self.headers["Authorization"],
                    }
                )
                if answer == "silence":
                    outer._closing.wait(20)
                    return
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", outer.url + "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
