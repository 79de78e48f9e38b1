"""Cards: real-name QR cards. Issue, present, verify, revoke; and the card's own record.

Owns `cards`, `devices`, `credentials`, issuer keys with their trust lists and status lists, the
replay memory, `verifications`, and `card_records`, the timeline in which every family of benefit
writes its line. States: models.CARD_MOVES. The wire format is cards/uc1.
"""
