"""The shells of the two phone pages, `/card/` and `/scan/`: all else is done by their scripts.

The scripts are built from `pwa/`; `manifest.json` among what was built names the files. Their
sentences stand here, in the one catalogue of server and phone, and travel in the page as data.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from app.config import Settings
from app.locales import CHINESE, LANGUAGE_TAGS, LANGUAGES, choose_locale, keep_language
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
    return _shell(
        "wallet",
        title=gettext("My card"),
        sentences=_card_sentences(),
        style="wallet.css",
        manifest="phone.card_manifest",
        consent=_card_consent(),
    )


@phone.get("/card/sw.js")
def card_worker() -> ResponseReturnValue:
    """The script that keeps the member's page on the phone: new when what it keeps is new."""
    return _worker("card-worker", _card_sentences())


@phone.get("/card/manifest.webmanifest")
def card_manifest() -> ResponseReturnValue:
    """What a phone needs to put the member's page among its apps (W3C Web Application Manifest)."""
    return _manifest_of(
        "phone.card",
        name=gettext("Union Card"),
        short_name=gettext("My card"),
        description=gettext("Your union's real-name card, also without a network."),
    )


@phone.get("/scan/")
def scan() -> ResponseReturnValue:
    """The till's page: pair, check a code, redeem, take back."""
    return _shell(
        "scanner",
        title=gettext("Till"),
        sentences=_till_sentences(),
        style="scanner.css",
        manifest="phone.scan_manifest",
    )


@phone.get("/scan/sw.js")
def scan_worker() -> ResponseReturnValue:
    """The script that keeps the till's page on the device, and nothing of what is below it."""
    return _worker("scan-worker", _till_sentences())


@phone.get("/scan/manifest.webmanifest")
def scan_manifest() -> ResponseReturnValue:
    """What a device needs to put the till among its apps."""
    return _manifest_of(
        "phone.scan",
        name=gettext("Union Card till"),
        short_name=gettext("Till"),
        description=gettext("Check cards and redeem benefits, also without a network."),
    )


def _worker(name: str, sentences: dict[str, str]) -> Response:
    """Return a page's worker behind what it must know: it is new when the page's words are."""
    try:
        script = (_built_folder() / f"{name}.js").read_text()
    except FileNotFoundError:
        raise PhoneAppsMissing from None
    facts = {"SENTENCES": _sentences_digest(sentences), "LANGUAGES": list(LANGUAGES)}
    stated = "".join(f"self.{key} = {json.dumps(value)};\n" for key, value in facts.items())
    answer = Response(stated + script, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _manifest_of(endpoint: str, **words: str) -> Response:
    manifest = words | {
        "id": url_for(endpoint),
        "lang": LANGUAGE_TAGS[choose_locale()],
        "start_url": url_for(endpoint),
        "scope": url_for(endpoint),
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#ffffff",
        "theme_color": "#b3191e",
        "icons": [_icon(size, purpose) for size, purpose in _ICONS],
    }
    return Response(json.dumps(manifest), content_type="application/manifest+json")


# The maskable one has its mark inside the circle that every phone shows of it.
_ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


def _icon(size: int, purpose: str) -> dict[str, str]:
    name = f"icons/{purpose}-{size}.png"
    return {
        "src": url_for("static", filename=name),
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": purpose,
    }


def _card_sentences() -> dict[str, str]:
    settings: Settings = current_app.config["SETTINGS"]
    return SHARED | CARD | (CARD_DEMO if settings.is_demo else {})


def _till_sentences() -> dict[str, str]:
    return SHARED | SCAN


def _sentences_digest(sentences: dict[str, str]) -> str:
    """Return a name for what a page says, in all languages, whatever the build."""
    digest = hashlib.sha256()
    for language in LANGUAGES:
        with force_locale(language):
            said = [gettext(sentence) for sentence in sentences.values()]
        digest.update(json.dumps(said).encode())
    digest.update(json.dumps({key: vars(text) for key, text in consent_texts().items()}).encode())
    return digest.hexdigest()[:12]


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
    app_name: str,
    *,
    title: str,
    sentences: dict[str, str],
    style: str,
    manifest: str,
    **facts: object,
) -> ResponseReturnValue:
    """Render a shell with its own `style` and the endpoint of its `manifest`.

    Each of `facts` becomes a block of data that the script finds by its name.
    """
    page = render_template(
        "phone/shell.html",
        title=title,
        style=style,
        manifest=manifest,
        tags=LANGUAGE_TAGS,
        scripts=_scripts(app_name),
        blocks={
            "messages": {key: gettext(sentence) for key, sentence in sentences.items()},
            **facts,
        },
    )
    answer = make_response(page)
    answer.headers["Content-Language"] = LANGUAGE_TAGS[choose_locale()]
    if request.args.get("language") in LANGUAGES:
        keep_language(answer, request.args["language"])
    return answer


def _scripts(app_name: str) -> list[str]:
    """Return the files of an app below the static folder, its entry first.

    Raises PhoneAppsMissing.
    """
    file = _built_folder() / "manifest.json"
    try:
        built = _manifest(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        raise PhoneAppsMissing from None
    return [f"{_BUILT}/{name}" for name in built["apps"][app_name]]


def _built_folder() -> Path:
    assert current_app.static_folder is not None
    return Path(current_app.static_folder) / _BUILT


@lru_cache(maxsize=1)
def _manifest(file: Path, _changed: int) -> dict[str, Any]:
    """Read what was built; asked with the time of its change, so a new build is seen at once."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content
