"""What can be done with cards, one file per group of verbs. Verification stands in verify.py."""

from cards.services.appeals import appeal, grant_appeal, reject_appeal
from cards.services.challenges import close_challenges, start_challenge
from cards.services.confirmation import ask_for_confirmation, confirm_membership, expire_card
from cards.services.cooldown import cooling_until
from cards.services.devices import (
    IssuedCredential,
    enrol_device,
    refresh_credential,
    rename_device,
    retire_device,
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
    replace_card,
    report_lost,
    report_lost_at_desk,
    restore_card,
)
from cards.services.lost_elsewhere import report_lost_elsewhere
from cards.services.membership import move_membership
from cards.services.paper import (
    IssuedPaper,
    issue_paper_card,
    prove_at_desk,
    report_paper_lost,
)
from cards.services.paper_batches import (
    CHOSEN_MAX,
    PART_CARDS,
    finish_paper_batch,
    forget_paper,
    keep_paper,
    next_paper_to_draw,
    open_paper_file,
    start_paper_batch,
    start_paper_for,
    step_paper_batch,
)
from cards.services.paper_print import draw_cards
from cards.services.policy import change_policy
from cards.services.proofs import start_enrolment
from cards.services.records import add_record, record_insert_values
from cards.services.restoring import restore_by_device
from cards.services.rotation import (
    OVERLAP,
    Compromised,
    Ended,
    end_credentials_of_key,
    note_credentials_ended,
    promote_due_keys,
    retire_compromised_key,
    rotate_key,
    rotation_due,
)
from cards.services.slices import Slice, issue_slice, purge_short_lived
from cards.services.status import close_full_lists, end_credentials, lists_to_build, status_token

__all__ = [
    "CHOSEN_MAX",
    "OVERLAP",
    "PART_CARDS",
    "Compromised",
    "Ended",
    "Issued",
    "IssuedCredential",
    "IssuedPaper",
    "LostWhat",
    "Slice",
    "add_record",
    "appeal",
    "apply_for_card",
    "ask_for_confirmation",
    "cancel_card",
    "change_policy",
    "close_challenges",
    "close_full_lists",
    "confirm_membership",
    "cooling_until",
    "current_signer",
    "current_trust",
    "draw_cards",
    "end_credentials",
    "end_credentials_of_key",
    "end_freeze",
    "enrol_device",
    "ensure_issuer_keys",
    "expire_card",
    "finish_paper_batch",
    "forget_issuer_keys",
    "forget_paper",
    "freeze_card",
    "grant_appeal",
    "issue_cards",
    "issue_next",
    "issue_paper_card",
    "issue_slice",
    "keep_paper",
    "lists_to_build",
    "lock_card",
    "lock_card_of",
    "lock_card_to_show",
    "move_membership",
    "next_paper_to_draw",
    "note_credentials_ended",
    "open_paper_file",
    "promote_due_keys",
    "prove_at_desk",
    "publish_trust_list",
    "purge_short_lived",
    "record_insert_values",
    "refresh_credential",
    "reject_appeal",
    "rename_device",
    "renew_trust_list",
    "replace_card",
    "report_lost",
    "report_lost_at_desk",
    "report_lost_elsewhere",
    "report_paper_lost",
    "restore_by_device",
    "restore_card",
    "retire_compromised_key",
    "retire_device",
    "root_public_key",
    "rotate_key",
    "rotation_due",
    "start_batch",
    "start_challenge",
    "start_enrolment",
    "start_paper_batch",
    "start_paper_for",
    "status_token",
    "step_batch",
    "step_paper_batch",
    "trust_list_token",
]
