"""Reads of finance."""

from finance.queries.residuals import Residuals, residuals

__all__ = ["Residuals", "residuals"]
