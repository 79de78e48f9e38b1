"""Settings: one frozen value read from the environment, and the rules that make it safe."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel.gateway import is_safe_address
from kernel.persons import Mode


class SettingsError(Exception):
    """The environment asks for something unsafe or incomplete; the message says what to set."""


# Every variable with what it does: docs/reference/configuration.md is generated from this.
VARIABLES = {
    "MODE": "`demo` (impossible document numbers only, fixed sign-in code) or `production`.",
    "DATABASE_URL": "Where the service works, as the role without DDL: postgresql+psycopg://…",
    "DATABASE_OWNER_URL": "Where migrations run, as the owner of the tables.",
    "DATA_DIR": "Folder for what the service writes beside the database (demo.json, logs).",
    "UNION_CARD_KEYS_FILE": "JSON file with the sealing and index keys, mode 0600.",
    "UNION_CARD_KEYS": "The same JSON as a value, for platforms that inject secrets.",
    "BASE_URL": "The address people reach the service at; also names the status lists.",
    "STATEMENT_MAKER": "Username of the finance maker in whose name the worker opens last week's"
    " statements each Monday; by default nobody's, and people open them.",
    "SMS_URL": "Where text messages are handed to (https://…, production only). Without it sign-in"
    " codes are refused (`codes_not_sent`) and notices stay in the member's page.",
    "SMS_TOKEN": "The bearer token that the text-message gateway knows us by.",
    "SMS_TIMEOUT_SECONDS": "How long one call to the gateway may take; 5 by default, 30 at most.",
    "DATABASE_POOL_SIZE": "Threads of a process; it holds up to two connections for each.",
}

_POOL_SIZE_DEFAULT = 8
_SMS_SECONDS_DEFAULT = 5.0
_SMS_SECONDS_MAX = 30.0


@dataclass(frozen=True)
class Settings:
    """Everything the process is told from outside."""

    mode: Mode
    database_url: str
    database_owner_url: str
    data_dir: Path
    base_url: str
    keys_json: str | None
    keys_file: Path
    pool_size: int = _POOL_SIZE_DEFAULT
    statement_maker: str | None = None
    sms_url: str | None = None
    sms_token: str | None = field(default=None, repr=False)
    sms_timeout_seconds: float = _SMS_SECONDS_DEFAULT

    @property
    def is_demo(self) -> bool:
        return self.mode is Mode.DEMO

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Raises SettingsError with a sentence that says what to set."""
        env = os.environ if env is None else env
        url = env.get("DATABASE_URL")
        if not url:
            raise SettingsError("Set DATABASE_URL, or start with ./dev run, which brings its own.")
        if "MODE" not in env:
            raise SettingsError("Set MODE to demo or production: there is no safe default.")
        try:
            mode = Mode(env["MODE"])
        except ValueError:
            raise SettingsError("MODE is either demo or production.") from None
        data_dir = Path(env.get("DATA_DIR", ".data/run"))
        keys_file = Path(env.get("UNION_CARD_KEYS_FILE", str(data_dir / "keys.json")))
        return cls(
            mode=mode,
            database_url=url,
            database_owner_url=env.get("DATABASE_OWNER_URL", url),
            data_dir=data_dir,
            base_url=env.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            keys_json=env.get("UNION_CARD_KEYS")
            or (keys_file.read_text() if keys_file.exists() else None),
            keys_file=keys_file,
            pool_size=int(env.get("DATABASE_POOL_SIZE", str(_POOL_SIZE_DEFAULT))),
            statement_maker=env.get("STATEMENT_MAKER") or None,
            **_text_messages(env, mode=mode),
        )


def _text_messages(env: Mapping[str, str], *, mode: Mode) -> dict[str, Any]:
    """Return the settings of the gateway. Raises SettingsError."""
    url = env.get("SMS_URL") or None
    token = env.get("SMS_TOKEN") or None
    if url is None and token is None:
        return {}
    if mode is Mode.DEMO:
        raise SettingsError("A demo sends no text messages: leave SMS_URL and SMS_TOKEN out.")
    if url is None or token is None:
        raise SettingsError("Set SMS_URL and SMS_TOKEN together, or neither.")
    if not is_safe_address(url):
        raise SettingsError("SMS_URL must begin with https://: phone numbers travel there.")
    try:
        seconds = float(env.get("SMS_TIMEOUT_SECONDS") or _SMS_SECONDS_DEFAULT)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _SMS_SECONDS_MAX:
        raise SettingsError(f"SMS_TIMEOUT_SECONDS is above 0 and at most {_SMS_SECONDS_MAX:g}.")
    return {"sms_url": url, "sms_token": token, "sms_timeout_seconds": seconds}
