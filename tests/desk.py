"""A browser at the desk over real HTTP: the one of `flask demo day`."""

from app.demo.day.desk import Desk

__all__ = ["Desk"]
