"""The square one points a phone at, as inline SVG without any style attribute."""

from __future__ import annotations

import segno
from markupsafe import Markup


def drawing(address: str) -> Markup:
    """A QR code for this address, drawn as one path of unit squares with the quiet zone that readers need."""
    code = segno.make(address, error="m", micro=False)
    rows = list(code.matrix_iter(border=4))
    squares = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    size = len(rows)
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="QR" shape-rendering="crispEdges">'
        '<rect width="{size}" height="{size}" fill="#ffffff"/><path fill="#000000" d="{squares}"/></svg>'
    ).format(size=size, squares=squares)
