"""UC1, the member's code on the wire: bytes, signatures and rules, no database and no Flask.

The wire format is fixed byte by byte in docs/reference/card-credential.md, and
tests/data/vectors.json decides when words do not. Why this is a package of its own, with its own
decoder: docs/decisions/0005-uc1-codec.md. Moments (`now`, `iat`, `exp`) are Unix seconds here, as
on the wire; whoever calls turns them into datetimes.

verify        a scanned text in, `Verified` or `Refused` out. Start reading here.
replay        the same code twice: the rule, and a memory of one process
credential    what the issuer signs: a device's credential, the paper card, the 30-second slice
presentation  what the phone signs over its credential, every 15 seconds
challenge     what a till shows when it wants an answer meant for it alone
enrolment     how a phone proves that it holds the key it wants enrolled
trust         the list of issuer keys, signed by the root
status        the lists of revoked and suspended credentials, signed by the service
vectors       the shared test vectors against all of this
terms, policy, answers     the words, the numbers, and what is answered
text, base45, cbor, cose, keys, cache     the layers below, in that order
"""
