"""Drives the real HTTP interface as its users do: the phones and tills of `flask demo day`."""

from app.demo.day.http import Caller, answered, bytes_of
from app.demo.day.phone import Phone
from app.demo.day.till import Till

__all__ = ["Caller", "Phone", "Till", "answered", "bytes_of"]
