"""Risk: what looks like cash-out at a till, flagged for a person. Nothing is blocked by a rule.

Tables: risk_rules (what counts as unusual, as data), risk_flags (open -> cleared | confirmed),
risk_watch (until when sales have been looked at). A flag never touches a member's card; what is
done about a merchant is a measure of `merchants`, set by a person.
"""
