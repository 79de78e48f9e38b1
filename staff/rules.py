"""What makes a credential good, and which roles exclude each other."""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.actors import Role
from kernel.clock import unix

SIGN_IN_SECONDS = timedelta(minutes=5)
IDLE = timedelta(minutes=30)
SESSION_LENGTH = timedelta(hours=12)
FAILURE_WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 5
# An office of two hundred people shares one address: five would let one colleague lock out all.
FAILURES_PER_ADDRESS = 20
# A session's last use is written at most this often.
TOUCH_INTERVAL = timedelta(seconds=60)

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 128
_PASSPHRASE_CHARACTERS_MIN = 20
_KINDS_MIN = 3

_TOTP_STEP_SECONDS = 30
_TOTP_CODE = re.compile(r"\d{6}")
_UNAMBIGUOUS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

# OWASP's figures for Argon2id: 19 MiB and two passes, so that sixteen threads signing people in at
# once need 300 MiB, not the gigabyte of the library's default.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified where there is no account, so that an unknown name takes as long as a wrong password.
NOBODYS_HASH = _HASHER.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_new_hash(password_hash: str) -> bool:
    """Say whether the hash was made with figures that have since been raised."""
    return _HASHER.check_needs_rehash(password_hash)


def kinds_of_character(password: str) -> int:
    """Count which of capital letters, small letters, digits and anything else occur."""
    tests = (str.isupper, str.islower, str.isdigit)
    kinds = [any(test(char) for char in password) for test in tests]
    other = any(not any(test(char) for test in tests) for char in password)
    return sum(kinds) + other


def is_mixed_enough(password: str) -> bool:
    """Say whether a password has three kinds of character, or the length of a phrase."""
    return len(password) >= _PASSPHRASE_CHARACTERS_MIN or kinds_of_character(password) >= _KINDS_MIN


def new_password() -> str:
    """Return a password to be read from a sheet of paper: 20 characters, no look-alikes."""
    groups = ["".join(secrets.choice(_UNAMBIGUOUS) for _ in range(4)) for _ in range(5)]
    return "-".join(groups)


def new_totp_secret() -> str:
    """Return 160 random bits (RFC 4226, section 4) in Base32, as authenticator apps take them."""
    return pyotp.random_base32()


def totp_uri(secret: str, *, username: str) -> str:
    """Return what the QR code for an authenticator app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Union Card")


def totp_code(secret: str, *, step: int) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


def totp_step(now: datetime) -> int:
    return unix(now) // _TOTP_STEP_SECONDS


def matching_step(secret: str, code: str, *, now: datetime, after: int | None) -> int | None:
    """Return the 30-second step whose code was given: now, one earlier or one later (RFC 6238).

    Only steps later than `after` count, the one accepted last: a code works once.
    """
    digits = "".join(code.split())
    if not digits.isascii() or not _TOTP_CODE.fullmatch(digits):
        return None
    current = totp_step(now)
    found = None
    for step in (current - 1, current, current + 1):
        # Every step is compared, so that the time taken does not tell which one was near.
        if hmac.compare_digest(totp_code(secret, step=step), digits):
            found = step
    return found if found is not None and (after is None or found > after) else None


# Who decides who may do what must not do it (administrator), who watches must not act (auditor),
# who writes a programme must not scan for it: security.md, "Who".
_ALONE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_APART = frozenset({Role.PROGRAMME_DESIGNER, Role.SITE_WORKER})


def roles_mix(role: Role, held: Iterable[Role]) -> bool:
    """Say whether one person may hold `role` beside the roles `held`."""
    for other in set(held) - {role}:
        if role in _ALONE or other in _ALONE or {role, other} == _APART:
            return False
    return True


def plain_username(typed: str) -> str:
    """Return a username as it is stored and compared: trimmed, in small letters."""
    return typed.strip().lower()


def address_group(address: str | None) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 one IPv6 customer holds."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 (IPv4)
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return a coarse name by which a person knows their own device: "Firefox, Windows"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "?")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "?")
    return f"{browser}, {system}"
