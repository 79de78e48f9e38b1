"""The shells of the two phone pages, `/card/` and `/scan/`: all else is done by their scripts.

The scripts are built from `pwa/`; `manifest.json` among what was built names the files. Their
sentences stand here, in the one catalogue of server and phone, and travel in the page as data.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.config import Settings
from app.locales import CHINESE, choose_locale
from app.sentences import CARD, CARD_DEMO, SCAN, SHARED
from kernel.errors import Refusal
from kernel.i18n import N_
from members.services import CARD_CONSENT, consent_texts

phone = Blueprint("phone", __name__)

_BUILT = "apps"


class PhoneAppsMissing(Refusal):
    status = 503
    code = "phone_apps_missing"
    title = N_("The phone pages have not been built here. Start the service with ./dev run.")


@phone.get("/card/")
def card() -> ResponseReturnValue:
    """The member's page: sign in, the card and its code, records."""
    settings: Settings = current_app.config["SETTINGS"]
    sentences = SHARED | CARD | (CARD_DEMO if settings.is_demo else {})
    return _shell("wallet", title=gettext("My card"), sentences=sentences, consent=_card_consent())


@phone.get("/scan/")
def scan() -> ResponseReturnValue:
    """The till's page: pair, check a code, redeem, take back."""
    return _shell("scanner", title=gettext("Till"), sentences=SHARED | SCAN)


def _card_consent() -> dict[str, object]:
    """Return what a member agrees to at the first sign-in, in the reader's language."""
    text = consent_texts()[CARD_CONSENT]
    is_chinese = choose_locale() == CHINESE
    return {
        "purpose": text.purpose,
        "version": text.version,
        "title": text.title_zh if is_chinese else text.title_en,
        "text": text.text_zh if is_chinese else text.text_en,
    }


def _shell(
    app_name: str, *, title: str, sentences: dict[str, str], **facts: object
) -> ResponseReturnValue:
    """Render a shell; each of `facts` becomes a block of data that the script finds by its name."""
    return render_template(
        "phone/shell.html",
        title=title,
        scripts=_scripts(app_name),
        blocks={
            "messages": {key: gettext(sentence) for key, sentence in sentences.items()},
            **facts,
        },
    )


def _scripts(app_name: str) -> list[str]:
    """Return the files of an app below the static folder, its entry first.

    Raises PhoneAppsMissing.
    """
    assert current_app.static_folder is not None
    file = Path(current_app.static_folder) / _BUILT / "manifest.json"
    try:
        built = _manifest(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        raise PhoneAppsMissing from None
    return [f"{_BUILT}/{name}" for name in built["apps"][app_name]]


@lru_cache(maxsize=1)
def _manifest(file: Path, _changed: int) -> dict[str, Any]:
    """Read what was built; asked with the time of its change, so a new build is seen at once."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content
