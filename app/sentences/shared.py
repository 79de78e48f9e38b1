"""What both phone pages say."""

from kernel.i18n import N_

SHARED: dict[str, str] = {
    "camera": N_("What the camera sees"),
    "camera_again": N_("Try the camera again"),
    "camera_missing": N_("No camera can be used here. Paste or type the text instead."),
    "camera_refused": N_(
        "This page may not use the camera. Allow it in the browser, or paste or type the text."
    ),
    "camera_starting": N_("Starting the camera …"),
    "camera_taken": N_(
        "Another program is using the camera. Close it, or paste or type the text instead."
    ),
    "counts_from": N_("It counts from ¥%(amount)s."),
    "install_later": N_("Not now"),
    "install_now": N_("Install"),
    "leave_as_it_is": N_("No, leave it as it is"),
    "no_answer": N_("No connection to the service."),
    "not_our_answer": N_("Something else answered in the service's place. Check the network."),
    "not_since_opened": N_("not since this page was opened"),
    "opening": N_("Opening …"),
    "show_more": N_("Show more"),
    "standing_active": N_("In good standing"),
    "standing_none": N_("Not a member at present"),
    "standing_retained": N_("Membership retained"),
    "standing_transferring": N_("In good standing, changing union"),
    "tail": N_("Card ends in %(tail)s"),
    "torch": N_("Light"),
    "try_again": N_("Try again"),
    "unexplained": N_("The service cannot answer at the moment."),
    "update_now": N_("Load it now"),
    "update_ready": N_("A newer version of this page is ready."),
}
