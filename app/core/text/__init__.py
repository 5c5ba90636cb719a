"""What people write: from their source to HTML that is safe to show.

`render` turns a Markdown source into `RenderedText`; rows keep its source, its HTML and the renderer's version, so that a
page only copies the HTML and a job can render again after an upgrade. Nothing else in the product turns a person's words
into markup. `clean_line` and `clean_text` are for words that are not Markdown: names, titles, reasons.
"""

from app.core.text.cleaning import clean_line, clean_text
from app.core.text.excerpts import plain_excerpt
from app.core.text.mentions import mention_token, mentioned_in, with_current_names, with_new_names
from app.core.text.rendering import MESSAGE_BYTES, RENDERER_VERSION, RenderedText, render

__all__ = [
    "MESSAGE_BYTES",
    "RENDERER_VERSION",
    "RenderedText",
    "clean_line",
    "clean_text",
    "mention_token",
    "mentioned_in",
    "plain_excerpt",
    "render",
    "with_current_names",
    "with_new_names",
]
