"""Measures the service as ratios to floors of the same run: `./dev bench [CASE …]`.

The machine is shared and noisy, so absolute numbers say little; a ratio to an empty route and to a
minimal transaction, measured minutes apart on the same cores, says what our own code costs.
"""
