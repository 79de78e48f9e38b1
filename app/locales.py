"""Chinese first, English complete: which language a request is answered in."""

from flask import Flask, has_request_context, request
from flask_babel import Babel

LANGUAGE_COOKIE = "uc_language"
CHINESE = "zh_Hans_CN"
LANGUAGES = {CHINESE: "中文", "en": "English"}


def choose_locale() -> str:
    """Return the reader's choice, else what the browser asks for, else Chinese."""
    if not has_request_context():
        return CHINESE
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for language, _ in request.accept_languages:
        if language.lower().startswith("zh"):
            return CHINESE
        if language.lower().startswith("en"):
            return "en"
    return CHINESE


def use_languages(app: Flask) -> None:
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=choose_locale, default_translation_directories="translations")
