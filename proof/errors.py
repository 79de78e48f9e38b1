"""How proof can say no."""

from kernel.errors import Refusal
from kernel.i18n import N_


class RecordNotLogged(Refusal):
    status = 404
    code = "record_not_logged"
    title = N_("No such record is in the log. New ones are added every minute: try again then.")


class NoSuchCheckpoint(Refusal):
    status = 404
    code = "no_such_checkpoint"
    title = N_("There is no checkpoint of this size. Take the sizes from the list of checkpoints.")


class ExportNotEmpty(Refusal):
    status = 409
    code = "export_not_empty"
    title = N_("There are files at this place already. Give an empty directory, or a new name.")


class NothingLogged(Refusal):
    status = 409
    code = "nothing_logged"
    title = N_("The log is empty: nothing was captured, decided, issued, paid or closed yet.")
