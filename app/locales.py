"""Chinese first, English complete: which language a request is answered in."""

from functools import lru_cache

from flask import Flask, has_request_context, request
from flask_babel import Babel
from werkzeug import Response
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGE_COOKIE = "uc_language"
_YEAR_SECONDS = 365 * 24 * 3600
CHINESE = "zh_Hans_CN"
LANGUAGES = {CHINESE: "中文", "en": "English"}
LANGUAGE_TAGS = {CHINESE: "zh-CN", "en": "en"}  # as HTML and HTTP name them


def choose_locale() -> str:
    """Return the address's language, else the reader's choice, the browser's, or Chinese.

    An address names one only where a page is stored by its address (`/card/`). The API goes by
    Accept-Language alone: its callers are scripts, which say what their page is in.
    """
    if not has_request_context():
        return CHINESE
    asked = request.args.get("language")
    if asked in LANGUAGES:
        return asked
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES and not request.path.startswith("/api/"):
        return chosen
    return _preferred(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=256)
def _preferred(header: str) -> str:
    """Return the first of our languages that an Accept-Language header names."""
    for language, _ in parse_accept_header(header, LanguageAccept):
        if language.lower().startswith("zh"):
            return CHINESE
        if language.lower().startswith("en"):
            return "en"
    return CHINESE


def keep_language(answer: Response, language: str) -> None:
    """Have the browser ask for `language` from now on."""
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
    )


def use_languages(app: Flask) -> None:
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=choose_locale, default_translation_directories="translations")
