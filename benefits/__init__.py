"""Benefits: what is offered to whom, and how much of it is left.

Owns `programmes`, `offers` and their versions (never two in force), `limit_rules`, the `limits`
themselves and `limit_takes` (what was taken for which redemption or seat). The rules of a benefit
are rows here, never code.
"""
