"""The desk's pages for training: courses, and their sessions from the plan to the subsidy."""

from training.pages import courses, sessions
from training.pages.blueprint import pages

__all__ = ["courses", "pages", "sessions"]
