"""QR codes as SVG: black on white whatever the theme, error correction M, quiet zone of four."""

from base64 import b64encode
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import QRData

_QUIET_MODULES = 4


def qr_svg(text: str) -> str:
    """Return an SVG of `text`, one unit a module, in one segment: alphanumeric where it can be.

    It has no size of its own; whoever shows it gives at least 3 px a module. Raises
    qrcode.exceptions.DataOverflowError for a text that no QR code holds.
    """
    matrix = _matrix(text, border=_QUIET_MODULES)
    size = len(matrix)
    path = "".join(_row_path(row, y) for y, row in enumerate(matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{path}"/></svg>'
    )


def qr_address(text: str) -> str:
    """Return the SVG of `text` as a data: address, so that no file ever holds what it says."""
    return f"data:image/svg+xml;base64,{b64encode(qr_svg(text).encode()).decode()}"


def qr_matrix(text: str) -> list[list[bool]]:
    """Return the modules of the same code, dark ones true, without the quiet zone."""
    return _matrix(text, border=0)


def _matrix(text: str, *, border: int) -> list[list[bool]]:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=border)
    # Splitting a text into segments can cost more than it saves, and some scanners join them badly.
    code.add_data(QRData(text), optimize=0)
    code.make(fit=True)
    matrix: list[list[bool]] = code.get_matrix()
    return matrix


def _row_path(row: list[bool], y: int) -> str:
    """Return one rectangle for each run of dark modules."""
    path = ""
    x = 0
    for is_dark, modules in groupby(row):
        width = len(list(modules))
        if is_dark:
            path += f"M{x} {y}h{width}v1h-{width}z"
        x += width
    return path
