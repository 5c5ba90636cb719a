"""The form that every form of ours is: it reads what forms send, and nothing else.

Flask-WTF would also take the body of a script, where a value may be of any kind; scripts of ours that send JSON are read by
`inputs.sent_values`.
"""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class Form(FlaskForm):
    """`FlaskForm` for bodies of forms alone."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            # A form that is given nothing, or something else than the request, keeps it.
            if request.is_json and not request.form and not request.files:
                return None
            return super().wrap_formdata(form, formdata)
