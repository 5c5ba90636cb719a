"""The living style page: every part of the interface with believable content, on demonstration instances only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.demo import is_demo
from app.core.doors import public
from app.core.errors import NotFound
from app.core.time import clock

bp = Blueprint("design", __name__)

COLOURS = (
    ("Surfaces", ("papier", "feuille", "rainure", "filet", "bord")),
    ("Encres", ("encre-1", "encre-2", "encre-3")),
    ("Acier et sécurité", ("acier", "acier-plein", "acier-pale", "securite")),
    ("États", ("vert", "ambre", "rouge", "vert-pale", "ambre-pale", "rouge-pale", "surlignage")),
    ("Grille et personnes", ("occupe", "hachure", "teinte")),
)

# Communities per region and place on the tile map: an example of what the map macro takes.
REGIONS = (
    ("84", "Auvergne-Rhône-Alpes", 13, 4, 3),
    ("27", "Bourgogne-Franche-Comté", 6, 5, 2),
    ("53", "Bretagne", 7, 2, 2),
    ("24", "Centre-Val de Loire", 5, 4, 2),
    ("94", "Corse", 1, 5, 5),
    ("44", "Grand Est", 8, 5, 1),
    ("01", "Guadeloupe", 2, 0, 4),
    ("03", "Guyane", 1, 0, 5),
    ("32", "Hauts-de-France", 7, 4, 0),
    ("11", "Île-de-France", 8, 4, 1),
    ("02", "Martinique", 1, 1, 4),
    ("06", "Mayotte", 1, 2, 5),
    ("28", "Normandie", 6, 3, 1),
    ("75", "Nouvelle-Aquitaine", 9, 3, 3),
    ("76", "Occitanie", 8, 4, 4),
    ("52", "Pays de la Loire", 7, 3, 2),
    ("93", "Provence-Alpes-Côte d’Azur", 7, 5, 4),
    ("04", "La Réunion", 3, 1, 5),
)


class SampleForm(Form):
    """One field of each kind."""

    name = StringField("Raison sociale", validators=[InputRequired("Écrivez le nom de votre entreprise.")])
    siren = StringField(
        "Numéro SIREN",
        validators=[InputRequired("Il manque deux chiffres : un SIREN en compte neuf.")],
        description="Neuf chiffres, sur votre extrait Kbis.",
    )
    email = EmailField("Adresse électronique", validators=[InputRequired()])
    size = SelectField(
        "Effectif",
        choices=[
            SelectChoice("", "Choisir"),
            SelectChoice("11", "10 à 19 personnes"),
            SelectChoice("12", "20 à 49 personnes"),
            SelectChoice("21", "50 à 99 personnes"),
        ],
    )
    kind = RadioField(
        "De quoi s’agit-il ?",
        choices=[
            SelectChoice("question", "Une question"),
            SelectChoice("discussion", "Une discussion"),
            SelectChoice("need", "Un besoin ou une offre"),
        ],
        default="question",
        validators=[InputRequired()],
    )
    trades = SelectMultipleField(
        "Vos métiers",
        choices=[
            SelectChoice("laser", "Découpe laser"),
            SelectChoice("tour", "Tournage"),
            SelectChoice("injection", "Injection plastique"),
        ],
        default=["tour"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    digest = BooleanField(
        "Recevoir le résumé du vendredi", default=True, description="Une fois par semaine, sans relance."
    )
    body = TextAreaField("Votre question", validators=[InputRequired()])
    reply = TextAreaField("Votre réponse à Élodie", validators=[InputRequired()])


@bp.get("/design")
@public("demonstration instances only")
def show_design() -> ResponseReturnValue:
    if not is_demo():
        raise NotFound
    return render_template("core/design.html", **sample())


def sample() -> dict[str, Any]:
    """What the style page shows."""
    form = SampleForm(
        data={"name": "Atelier Brenne", "siren": "8120042", "email": "s.caillaud@atelier-brenne.example"}
    )
    form.siren.errors = ["Il manque deux chiffres : un SIREN en compte neuf."]
    now = clock.now().replace(hour=9, minute=42, second=0, microsecond=0)
    return {
        "form": form,
        "colours": COLOURS,
        "regions": [
            {"code": code, "name": name, "count": count, "col": column, "row": row, "url": f"#region-{code}"}
            for code, name, count, column, row in REGIONS
        ],
        "now": now,
        "yesterday": now - timedelta(days=1, hours=3),
        "last_week": now - timedelta(days=6, hours=1),
        "tab": request.args.get("onglet", "ouverts"),
    }


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
