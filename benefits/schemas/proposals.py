"""Forms of a proposed offer: the manager's, and the answers of the desk."""

from datetime import date, timedelta
from typing import Any

from marshmallow import fields, post_load, validate

from benefits.models import ProposalState
from benefits.schemas.offers import AmountsForm
from cards.uc1.terms import Assurance
from kernel.i18n import N_
from kernel.wire import Text, Wire

_DAYS = validate.Range(date(2000, 1, 1), date(2100, 12, 31))


class ProposalForm(AmountsForm):
    """An offer as a merchant would make it. Its last day is typed, which is how people say it."""

    id = fields.UUID(required=True)
    title_zh = Text(load_default=None)
    title_en = Text(load_default=None)
    starts_on = fields.Date(required=True, validate=_DAYS)
    last_on = fields.Date(load_default=None, validate=_DAYS)
    note = Text(load_default=None)

    @post_load
    def half_open(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the days as the service takes them: [starts_on, ends_on)."""
        last_on = data.pop("last_on")
        return data | {"ends_on": None if last_on is None else last_on + timedelta(days=1)}


class ProposalQuery(Wire):
    state = fields.Enum(ProposalState, by_value=True)


class ApproveProposalForm(Wire):
    programme = fields.UUID(required=True)
    assurances = fields.List(
        fields.Enum(Assurance, by_value=True),
        required=True,
        validate=validate.Length(min=1, error=N_("Choose at least one.")),
    )
    needs_challenge = fields.Boolean(load_default=False)


class RefuseProposalForm(Wire):
    reason = Text(required=True, minimum=2)
