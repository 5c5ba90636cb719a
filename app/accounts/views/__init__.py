"""The pages of accounts. Sign-in is public; the rest is one's own."""

from flask import Blueprint

bp = Blueprint("accounts", __name__, template_folder="../templates")
