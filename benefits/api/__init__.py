"""JSON endpoints of benefits: what a member can use (`own`), their `coupons`."""

from benefits.api.coupons import api as coupons_api
from benefits.api.own import api as benefits_api

__all__ = ["benefits_api", "coupons_api"]
