"""Logs: one JSON object a line, codes and ids only, never what a person typed."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import get_contextvars
from structlog.typing import Processor


def configure_logging() -> None:
    """Send every logger of the process to stderr as JSON. Idempotent."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Lines(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # The first two describe statements and their arguments, which may be personal; the third says
    # forty lines about the letters of every PDF.
    for chatty in ("sqlalchemy.engine", "procrastinate", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Writes a plain message by itself: that is one of every request, and a tenth of its cost."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, dict) or record.exc_info or get_contextvars():
            return super().format(record)
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": moment.isoformat().replace("+00:00", "Z"),
        }
        return json.dumps(line, ensure_ascii=False)


def log_requests(app: Flask) -> None:
    """Log each answered request by endpoint, never by address line: queries may hold names."""
    logger = logging.getLogger("union_card.request")

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def describe(response: Response) -> Response:
        if response.status_code >= 500 or request.endpoint not in {"system.healthz", "static"}:  # noqa: PLR2004
            logger.info(
                "%s %s %s %.1fms",
                request.method,
                request.endpoint,
                response.status_code,
                (time.perf_counter() - g.get("started", time.perf_counter())) * 1000,
            )
        return response
