"""How a table file can be refused. Each says what its owner can do about it."""

from kernel.errors import Refusal
from kernel.i18n import N_


class TableFileRefused(Refusal):
    """A file that is no table, or not one we take. The lines already read were good."""

    status = 422
    code = "table_file_refused"
    title = N_("This file cannot be read as a table.")


class TableFileEmpty(TableFileRefused):
    code = "table_file_empty"
    title = N_("The file is empty.")


class TableFileTooLarge(TableFileRefused):
    status = 413
    code = "table_file_too_large"
    title = N_("The file is too large. Split it into smaller files.")


class TableFileUnpacksTooLarge(TableFileRefused):
    status = 413
    code = "table_file_unpacks_too_large"
    title = N_("The workbook unpacks to far more than it should. Save it again, or split it.")


class TableFileKindUnknown(TableFileRefused):
    status = 415
    code = "table_file_kind_unknown"
    title = N_("This is neither a CSV file nor an Excel workbook (.xlsx).")


class OldWorkbook(TableFileRefused):
    status = 415
    code = "old_workbook"
    title = N_("This is a workbook of the old .xls kind. Save it as .xlsx and try again.")


class OtherWorkbook(TableFileRefused):
    status = 415
    code = "other_workbook"
    title = N_("This is a document of another program. Save it as .xlsx or CSV and try again.")


class WorkbookLocked(TableFileRefused):
    code = "workbook_locked"
    title = N_("The workbook is protected by a password. Save it without one and try again.")


class TableFileBroken(TableFileRefused):
    code = "table_file_broken"
    title = N_("The file is damaged. Open it in a spreadsheet program and save it again.")


class QuotesUnbalanced(TableFileRefused):
    """The fact `line` is the row after which the quotation marks no longer pair."""

    code = "quotes_unbalanced"
    title = N_("The quotation marks do not match, so the rows cannot be told apart.")


class HeadingMissing(TableFileRefused):
    code = "heading_missing"
    title = N_("None of the first ten rows is the heading that this import expects.")


class ColumnsMissing(TableFileRefused):
    """The fact `columns` names them as their headings are usually spelled."""

    code = "columns_missing"
    title = N_("The table lacks columns that this import needs.")


class ColumnTwice(TableFileRefused):
    code = "column_twice"
    title = N_("The table has the same column twice.")


class TooManyColumns(TableFileRefused):
    code = "too_many_columns"
    title = N_("The table has too many columns. Remove those that the import does not need.")


class TooManyLines(TableFileRefused):
    status = 413
    code = "too_many_lines"
    title = N_("The table has too many lines. Split it into smaller files.")


class TooManyMergedCells(TableFileRefused):
    code = "too_many_merged_cells"
    title = N_("The table has too many merged cells. Unmerge them and try again.")
