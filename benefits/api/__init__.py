"""JSON endpoints of benefits: what a member can use (`own`)."""

from benefits.api.own import api as benefits_api

__all__ = ["benefits_api"]
