"""What is refused of a channel's trade bill."""

from kernel.errors import Refusal
from kernel.i18n import N_


class TradeBillRefused(Refusal):
    """A bill of which nothing was taken."""

    status = 422


class TradeLineUnreadable(TradeBillRefused):
    """The facts: `line` of the file and the heading of its `column`."""

    code = "trade_line_unreadable"
    title = N_("A line of the bill cannot be read. Download the bill again, unchanged.")


class TradeTotalsDiffer(TradeBillRefused):
    """The facts: `line` and `column` of the sum, what it says, and what the lines come to."""

    code = "trade_totals_differ"
    title = N_(
        "The bill's sum is not what its lines come to: a line is missing or was changed."
        " Download the bill again, unchanged."
    )


class TradeInFuture(TradeBillRefused):
    """The facts: `line` of the file and its `day`."""

    code = "trade_in_future"
    title = N_("A trade of this bill is of a day to come. Check that it is the right bill.")


class ChannelAccountsMixed(TradeBillRefused):
    """The fact: the `line` with another number."""

    code = "channel_accounts_mixed"
    title = N_("The bill is of several merchant numbers. Download one bill for each of them.")


class ChannelAccountUnknown(TradeBillRefused):
    """The fact `number` is the channel's number of the merchant; None in a bill of no trade."""

    code = "channel_account_unknown"
    title = N_(
        "Whose number this is is not known yet. Say the merchant's credit code (USCC) with its"
        " first bill that has a trade."
    )


class ChannelAccountOther(TradeBillRefused):
    """The facts: the channel's `number`, and the merchant that has it, by name."""

    status = 409
    code = "channel_account_other"
    title = N_("This number belongs to another merchant. Check the credit code, or leave it out.")


class BillMerchantUnknown(TradeBillRefused):
    code = "bill_merchant_unknown"
    title = N_("No merchant has this credit code (USCC). Check it in the merchant register.")


class BillDayMissing(TradeBillRefused):
    code = "bill_day_missing"
    title = N_("The channel says that there is no bill. Say for which day, and of which merchant.")
