"""`./dev run`: the product on this machine, from an empty folder to a served page."""

import http
import http.client
import ipaddress
import json
import os
import socket
import sys
from typing import Any

from tools import frontend, translations
from tools.errors import TaskError
from tools.paths import ROOT
from tools.processes import say
from tools.service import FLASK, PORT, Service, check_mode, data_dir, held
from tools.supervisor import Child, Supervisor

WORKERS, THREADS = 2, 8
GRACE_SECONDS = 15
LOOPBACK = "127.0.0.1"


def run(_arguments: list[str]) -> int:
    host, port = address()
    check_port(host, port)
    with held(data_dir()):
        frontend.build()
        translations.compile_all()
        with Service.opened(data_dir(), upgrade=True) as service:
            if service.is_demo:
                service.seed()
            serve(service, host=host, port=port)
    return 0


def serve(service: Service, *, host: str, port: int) -> None:
    """Keep the web server and the worker up until told to stop."""
    logs = service.data_dir / "logs"
    supervisor = Supervisor(
        [
            Child("The web server", web_command(host, port), logs / "web.log"),
            Child("The worker", [*FLASK, "worker"], logs / "worker.log"),
        ],
        folder=ROOT,
        environment=service.environment,
        revive_database=service.cluster.revive if service.cluster else lambda: False,
    )
    supervisor.heed_signals()
    supervisor.start()
    try:
        supervisor.watch(until=lambda: answers(host, port))
        if not supervisor.is_stopping:
            announce(service, host=host, port=port)
        supervisor.watch()
        say("Stopping …")
    finally:
        supervisor.stop()


def web_command(host: str, port: int) -> list[str]:
    """Return gunicorn's command line.

    No control socket: gunicorn would open one in the home directory. No recycling of workers:
    it was seen to stop all of them at once for seconds.
    """
    return [
        *(sys.executable, "-P", "-m", "gunicorn", "--no-control-socket"),
        *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
        *("--graceful-timeout", str(GRACE_SECONDS), "--chdir", str(ROOT)),
        *("--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}", "wsgi:app"),
    ]


def address() -> tuple[str, int]:
    """Return where to listen: `BIND_HOST` (loopback by default) and `PORT`.

    Raises TaskError if the demo, whose sign-in code is printed, would be open to the network.
    """
    host, port = os.environ.get("BIND_HOST") or LOOPBACK, os.environ.get("PORT") or PORT
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise TaskError(f"PORT={port} is not a port: use a number from 1 to 65535.")
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise TaskError(f"BIND_HOST={host} is not an IP address.") from None
    check_mode()
    if not is_loopback and os.environ.get("MODE") != "production":
        raise TaskError(
            f"BIND_HOST={host} is open to the network, and the demo listens on {LOOPBACK} only: "
            "say MODE=production, or leave BIND_HOST out."
        )
    return host, int(port)


def check_port(host: str, port: int) -> None:
    """Raises TaskError if somebody listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise TaskError(
                f"Port {port} of {host} cannot be used ({error.strerror}): set another PORT."
            ) from None


def answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(service: Service, *, host: str, port: int) -> None:
    """Print where the product is and, in the demo, how each kind of person gets in."""
    print(f"\nUnion Card is at {url(host, port)} (Ctrl-C stops it)")
    print(f"  data and logs   {service.data_dir}")
    demo_file = service.data_dir / "demo.json"
    if service.is_demo and demo_file.exists():
        print(f"  demo file       {demo_file}")
        print("\n".join(sign_ins(json.loads(demo_file.read_text()))))
    sys.stdout.flush()


def sign_ins(demo: dict[str, Any]) -> list[str]:
    """Return one line for the members and the tills, and one for each role of the staff."""
    code = demo["sign_in_code"]
    # The first of a role is the one for the whole city.
    by_role = {person["role"]: person for person in reversed(demo["staff"])}
    return [
        *(
            f"  member          phone {member['phone']}, code {code}, name {member['name']}, "
            f"document tail {member['document_tail']}"
            for member in demo["members"][:1]
        ),
        *(
            f"  till            pairing code {till['pairing_code']} ({till['merchant']})"
            for till in demo["terminals"][:1]
        ),
        *(
            f"  merchant        /scan/manager/ phone {manager['phone']}, code {code} "
            f"({manager['merchant']})"
            for manager in demo.get("managers", [])[:1]
        ),
        *(
            f"  {role:<21} {person['username']} / {person['password']}, "
            f"authenticator key {person['totp_secret']}"
            for role, person in by_role.items()
        ),
    ]
