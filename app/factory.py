"""Builds the application: settings, database, languages, access, blueprints, commands."""

from typing import Any

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue

import app.tables  # noqa: F401
from app.access import guard
from app.authenticate import AUTHENTICATORS
from app.config import Settings, SettingsError
from app.locales import LANGUAGES, choose_locale, use_languages
from app.logs import configure_logging, log_requests
from app.navigation import use_navigation
from app.registry import API_BLUEPRINTS, COMMANDS, PAGE_BLUEPRINTS
from app.system import system
from app.volume import limit_volume
from kernel.db import connect
from kernel.gateway import Gateway, HttpGateway, LoggedGateway, use_gateway
from kernel.money import yuan
from kernel.pages import use_pages
from kernel.secrets import Keyring, use_keyring
from kernel.web import JSON_BYTES_MAX, ProblemApi, register_error_handlers, retrying
from risk.queries import open_flags_of

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_ERROR_PAGE_STATUS_MIN = 400


class UnionCard(Flask):
    """The service. A view whose transaction met a deadlock is run again from the start."""

    def dispatch_request(self) -> ResponseReturnValue:
        return retrying(super().dispatch_request)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application for `settings`, by default those of the environment.

    Raises SettingsError with a sentence for the person who starts it.
    """
    settings = settings or Settings.from_env()
    configure_logging()
    flask = UnionCard("app")
    flask.config.update(
        SETTINGS=settings,
        API_TITLE="Union Card",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=JSON_BYTES_MAX,
        JSON_SORT_KEYS=False,
    )
    connect(settings.database_url, pool_size=settings.pool_size)
    if settings.keys_json is not None:
        try:
            use_keyring(Keyring.from_json(settings.keys_json))
        except (ValueError, KeyError) as error:
            raise SettingsError(f"The keys file cannot be read: {error}") from error
    use_gateway(gateway_of(settings))
    use_languages(flask)
    log_requests(flask)
    limit_volume(flask, settings)
    guard(flask, AUTHENTICATORS)
    use_pages(flask, over_tls=settings.base_url.startswith("https://"))
    use_navigation(flask)
    register(flask)
    register_error_handlers(flask, page=error_page)
    secure_headers(flask)
    return flask


def gateway_of(settings: Settings) -> Gateway | None:
    """Return the way out for text messages: a demo has one that leads nowhere."""
    if settings.is_demo:
        return LoggedGateway()
    if settings.sms_url is None or settings.sms_token is None:
        return None
    return HttpGateway(
        settings.sms_url, token=settings.sms_token, timeout_seconds=settings.sms_timeout_seconds
    )


def register(flask: Flask) -> None:
    """Mount every package's endpoints, pages and commands."""
    api = ProblemApi(flask)
    for blueprint in API_BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix="/api/v1")
    flask.register_blueprint(system)
    for pages in PAGE_BLUEPRINTS:
        flask.register_blueprint(pages)
    for command in COMMANDS:
        flask.cli.add_command(command)
    flask.jinja_env.filters["yuan"] = yuan
    # Finance shows them and cannot import what stands beside it.
    flask.extensions["open_risk_flags"] = open_flags_of

    @flask.context_processor
    def words() -> dict[str, Any]:
        settings: Settings = flask.config["SETTINGS"]
        return {"languages": LANGUAGES, "locale": choose_locale(), "is_demo": settings.is_demo}


def error_page(status: int, code: str, title: str, facts: dict[str, object]) -> ResponseReturnValue:
    """Show a refusal as a page with a way back."""
    assert status >= _ERROR_PAGE_STATUS_MIN
    return render_template("error.html", status=status, code=code, title=title, facts=facts), status


def secure_headers(flask: Flask) -> None:
    @flask.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        return response
