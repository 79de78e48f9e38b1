"""How long work can be refused."""

from kernel.errors import Refusal
from kernel.i18n import N_


class WorkNotFound(Refusal):
    status = 404
    code = "work_not_found"
    title = N_("There is no such work.")


class WorkGoingOn(Refusal):
    status = 409
    code = "work_going_on"
    title = N_("This very thing is being done already. Watch it, or cancel it there first.")


class WorkEnded(Refusal):
    status = 409
    code = "work_ended"
    title = N_("This work has ended: there is nothing left to cancel.")


class WorkMakerGone(Refusal):
    status = 403
    code = "work_maker_gone"
    title = N_("Whoever asked for this may not do it any more. Ask somebody else to start it.")
