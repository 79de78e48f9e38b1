"""Lists at the desk: from what the address asks for to a page of rows, or all of them as a file."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from kernel.exports import EXPORT_ROWS_MAX, Column, Row, list_file, wanted_format
from kernel.forms import Form
from kernel.pages import LIST_ROWS, page_of


def rows_wanted() -> int:
    """Return the LIMIT of a list's query: a page and one row more, or what a file may hold."""
    return EXPORT_ROWS_MAX if wanted_format() else LIST_ROWS + 1


def listing(
    template: str,
    rows: Sequence[Row],
    *,
    columns: Sequence[Column[Row]],
    name: str,
    place: Callable[[Row], tuple[str, ...]],
    form: Form | None = None,
    **shown: Any,
) -> ResponseReturnValue:
    """Answer with `rows` as the page `template`, or as the file called `name` if one is asked for.

    `rows` were fetched with LIMIT rows_wanted(), behind the place that `cursor_id` or its like has
    read; `place` says where a row stands, for the next page. `form` holds the filters.
    """
    file_format = wanted_format()
    if file_format:
        return list_file(rows, columns, name=name, file_format=file_format)
    page = page_of(rows, place=place)
    if form is None:
        return render_template(template, page=page, **shown)
    return render_template(template, page=page, form=form, **shown), form.status
