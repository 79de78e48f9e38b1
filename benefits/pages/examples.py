"""What typed terms do to a bill: shown before anybody saves or proposes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from benefits.errors import OfferTermsWrong
from benefits.pages.words import shares_sentence, terms_sentence
from benefits.rules import Split, Terms, bill_reason, only_gross, split_of
from benefits.services import check_terms
from kernel.forms import Form
from kernel.money import Fen

SAMPLE_BILL = Fen(60_00)


@dataclass(frozen=True)
class Example:
    """What terms do to one bill. `reason` says why nothing comes off."""

    split: Split
    terms: str
    shares: str
    reason: str | None


def example_of(bill: Fen, terms: Terms) -> Example:
    reason = bill_reason(bill, terms)
    if (only := only_gross(terms)) is not None:
        bill, reason = only, None
    return Example(
        split_of(bill, terms),
        terms_sentence(terms),
        shares_sentence(terms),
        gettext(reason.text) if reason else None,
    )


def looked_at(form: Form) -> Example | None:
    """Return what the typed terms do to the typed bill; terms that make no offer are a fault."""
    if not form.ok:
        return None
    terms = typed_terms(form.values)
    try:
        check_terms(terms)
    except OfferTermsWrong as refusal:
        form.refuse(refusal, str(refusal.facts["field"]))
        return None
    return example_of(form.values["sample_fen"], terms)


def typed_terms(values: Mapping[str, Any]) -> Terms:
    return Terms(
        kind=values["kind"].value,
        member_rate_bp=values["member_rate_bp"],
        threshold_fen=values["threshold_fen"],
        reduction_fen=values["reduction_fen"],
        list_fen=values["list_fen"],
        member_fen=values["member_fen"],
        union_share_bp=values["union_share_bp"],
        union_max_fen=values["union_max_fen"],
    )
