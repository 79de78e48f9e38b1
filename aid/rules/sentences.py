"""What a step of a calculation says, in both languages at once.

A step is stored with the claim and read for ten years, by a member and by an auditor, so it keeps
its words as they were on the day and does not go through the catalogue.
"""

# rule: (Chinese, English)
STEP_SENTENCES: dict[str, tuple[str, str]] = {
    "base": ("{label_zh} = {expression_zh} = {amount}", "{label_en} = {expression_en} = {amount}"),
    "occurrence": (
        "本保障期第{occurrence}次: {base} × {ratio} = {amount}",
        "No. {occurrence} in this period of cover: {base} × {ratio} = {amount}",
    ),
    "occurrences_used": (
        "本保障期最多{maximum}次, 已全部使用: 给付 {amount}",
        "At most {maximum} in one period of cover, all used: {amount}",
    ),
    "band": ("{part} × {ratio} = {amount}", "{part} × {ratio} = {amount}"),
    "days": (
        "{rate} × {days}天 = {amount}",
        "{rate} × {days} days = {amount}",
    ),
    "days_limited": (
        "{asked}天, 每次最多{days}天: {rate} × {days}天 = {amount}",
        "{asked} days, at most {days} each time: {rate} × {days} days = {amount}",
    ),
    "cumulative": (
        "本保障期累计 {total}, 减起付线 {deductible}, × {ratio} = {amount}",
        "{total} so far in this period, less the deductible {deductible}, × {ratio} = {amount}",
    ),
    "maximum": ("最高 {amount}", "At most {amount}"),
    "granted_before": (
        "减本保障期此前已给付 {granted} = {amount}",
        "Less {granted} granted before in this period = {amount}",
    ),
    "shares": (
        "{per_share} × {shares}份 = {amount}",
        "{per_share} × {shares} shares = {amount}",
    ),
    "bonus": ("本保障期首次另加 {bonus} = {amount}", "{bonus} more the first time = {amount}"),
    "ceiling": (
        "不超过 {expression_zh} = {amount}",
        "Never more than {expression_en} = {amount}",
    ),
    "total": ("互助金合计 {amount}", "Aid in all {amount}"),
}

# Inputs of expressions as people call them.
INPUT_NAMES: dict[str, tuple[str, str]] = {
    "self_paid": ("自付", "self-paid"),
    "pool_paid": ("统筹支付", "paid by the pool"),
    "days": ("天数", "days"),
}
FUNCTION_NAMES: dict[str, tuple[str, str]] = {
    "min": ("较小者", "the smaller of "),
    "max": ("较大者", "the larger of "),
}
