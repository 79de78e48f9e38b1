"""What the inbox of the member's page says."""

from kernel.i18n import N_

NOTICES: dict[str, str] = {
    "notices_title": N_("Notices"),
    "notices_loading": N_("Fetching your notices …"),
    "notices_none": N_("Nothing has happened yet."),
    "notices_none_next": N_(
        "You will read here when a claim is decided, a seat becomes yours or a benefit ends."
    ),
    "notices_none_go": N_("See your card"),
    "notices_new": N_("Unread"),
    "notices_unread": N_("%(count)s unread"),
    "notices_open": N_("See it"),
    "notices_read_one": N_("Mark as read"),
    "notices_read_all": N_("Mark all as read"),
    "notices_kept": N_("No connection: this is what was here on %(moment)s."),
}
