"""Proof: an append-only log of what was captured, decided, issued, paid and closed.

Owns `proof_leaves` (one hash per record), `proof_nodes` (of the Merkle tree over them, RFC 6962),
`checkpoints` (size and root, signed), `proof_faults` (records that are no longer as logged) and
`proof_watch` (how far the sequencer and the hourly look are). Append-only; no states.
`proof.verifier` stands alone: an auditor reads and runs it without the service.
"""
