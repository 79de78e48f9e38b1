"""The names under which blind indexes are made: one for each kind of value, wherever it stands."""

NAME_FIELD = "name"  # of `normal_name`
DOCUMENT_FIELD = "document"  # of `Document.identity`
PHONE_FIELD = "phone"  # of `kernel.phones.parse_phone`
