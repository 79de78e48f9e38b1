"""What can be done with cards, one file per group of verbs. Verification stands in verify.py."""

from cards.services.challenges import start_challenge
from cards.services.devices import (
    IssuedCredential,
    enrol_device,
    refresh_credential,
    retire_device,
    start_enrolment,
)
from cards.services.issue import (
    Issued,
    apply_for_card,
    issue_cards,
    issue_next,
    start_batch,
    step_batch,
)
from cards.services.keys import (
    current_signer,
    current_trust,
    ensure_issuer_keys,
    forget_issuer_keys,
    publish_trust_list,
    renew_trust_list,
    root_public_key,
    trust_list_token,
)
from cards.services.lifecycle import (
    LostWhat,
    cancel_card,
    end_freeze,
    freeze_card,
    lock_card,
    lock_card_of,
    lock_card_to_show,
    report_lost,
    report_lost_at_desk,
    restore_card,
)
from cards.services.policy import change_policy
from cards.services.records import add_record, record_insert_values
from cards.services.slices import Slice, issue_slice, purge_short_lived
from cards.services.status import close_full_lists, end_credentials, lists_to_build, status_token

__all__ = [
    "Issued",
    "IssuedCredential",
    "LostWhat",
    "Slice",
    "add_record",
    "apply_for_card",
    "cancel_card",
    "change_policy",
    "close_full_lists",
    "current_signer",
    "current_trust",
    "end_credentials",
    "end_freeze",
    "enrol_device",
    "ensure_issuer_keys",
    "forget_issuer_keys",
    "freeze_card",
    "issue_cards",
    "issue_next",
    "issue_slice",
    "lists_to_build",
    "lock_card",
    "lock_card_of",
    "lock_card_to_show",
    "publish_trust_list",
    "purge_short_lived",
    "record_insert_values",
    "refresh_credential",
    "renew_trust_list",
    "report_lost",
    "report_lost_at_desk",
    "restore_card",
    "retire_device",
    "root_public_key",
    "start_batch",
    "start_challenge",
    "start_enrolment",
    "status_token",
    "step_batch",
    "trust_list_token",
]
