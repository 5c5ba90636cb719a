"""The shape of what people send about sheets."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.blobs import OFFERED
from app.core.forms import Form
from app.library.sheets import thousandths
from app.library.vocabulary import DIMENSIONS, EVIDENCE_QUESTIONS, FACETS, TECHNOLOGIES

NEEDED = [InputRequired()]
"""Needed to propose, not to save: the form says so, `sheets.faults_of` judges."""


def is_a_number(_form: Form, field: Field) -> None:
    """So that a figure that is none is told together with everything else."""
    if (field.data or "").strip():
        try:
            thousandths(field.data)
        except ValueError:
            raise StopValidation(_("Un nombre seul, comme 58 ou 4,5 ; l’unité a sa propre case.")) from None


class PlainForm(Form):
    """A form whose token was judged before the view, as with every request that changes something."""

    class Meta(Form.Meta):
        csrf = False

    files = MultipleFileField(_l("Photo ou fichier"), render_kw={"accept": OFFERED})
    request_id = HiddenField("", validators=[InputRequired()])


class SheetForm(PlainForm):
    """A sheet being written: nothing is required but to propose it."""

    revision = IntegerField("", validators=[Optional()], widget=HiddenField.widget)
    origin = HiddenField("")
    title = StringField(
        _l("Titre"),
        validators=NEEDED,
        description=_l("Ce que l’on fait, en une ligne. « Chasser les fuites d’air chaque trimestre »."),
    )
    situation = TextAreaField(
        _l("La situation"),
        validators=NEEDED,
        description=_l("D’où vous partiez : la machine, le rythme, ce qui coinçait."),
    )
    solution = TextAreaField(
        _l("Ce que nous avons fait"),
        validators=NEEDED,
        description=_l("Une étape par ligne, numérotée : 1. puis 2. Une photo aide."),
    )
    indicator = StringField(
        _l("Ce que l’on mesure"), description=_l("« Changement de moule, presse 160 t ».")
    )
    before_value = StringField(_l("Avant"))
    after_value = StringField(_l("Après"))
    unit = StringField(_l("Unité"))
    figure = StringField(
        _l("Ou le chiffre en quelques mots"),
        description=_l("Quand il n’y a pas d’avant et d’après : « 60 k€ par an »."),
    )
    evidence = RadioField(
        _l("D’où vient ce chiffre"),
        choices=[SelectChoice(value, words) for value, words in EVIDENCE_QUESTIONS.items()],
        default="none",
    )
    measured_from = StringField(_l("Mesuré du"))
    measured_until = StringField(_l("au"))
    method = StringField(
        _l("Comment vous avez mesuré"),
        description=_l("En une ligne : « chronométré de bonne pièce à bonne pièce »."),
    )
    source = StringField(
        _l("Source du chiffre"),
        description=_l("Qui, quoi, quand. Demandée dès que le chiffre ne vient pas de vous."),
    )
    source_url = StringField(_l("Adresse de la source"))
    effect = TextAreaField(_l("Ce que cela a changé d’autre"))
    cost = StringField(_l("Coût"), description=_l("« 1 400 € », « une journée d’outillage »."))
    time_spent = StringField(_l("Temps passé"), description=_l("« 3 demi-journées »."))
    team = StringField(_l("Équipe"), description=_l("« 2 régleurs, 1 méthodes »."))
    pitfalls = TextAreaField(
        _l("Les pièges"),
        description=_l("Ce que vous feriez autrement, ce qui revient si l’on n’y veille pas."),
    )
    contact_id = SelectField(_l("Qui appeler"), coerce=str, validate_choice=False)
    contact_note = StringField(_l("Comment le joindre"), description=_l("« Le matin, à l’atelier »."))
    facet = RadioField(
        _l("Ce que la fiche change"),
        validators=NEEDED,
        choices=[SelectChoice(value, words) for value, words in FACETS.items()],
    )
    dimension = SelectField(
        _l("Domaine"),
        validators=NEEDED,
        choices=[SelectChoice("", _l("Choisissez")), *(SelectChoice(v, w) for v, w in DIMENSIONS.items())],
    )
    technologies = SelectMultipleField(
        _l("Technologies"),
        choices=[SelectChoice(value, words) for value, words in TECHNOLOGIES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    node_id = SelectField(
        _l("Pour qui"), validators=NEEDED, coerce=int, validate_choice=False,
        description=_l("Qui lira la fiche. L’équipe de ce lieu la relit avant."),
    )  # fmt: skip
    company_id = SelectField(_l("Vous écrivez pour"), coerce=int, validate_choice=False)


class ApplicationForm(PlainForm):
    """« Je l'ai appliquée »."""

    company_id = SelectField(_l("Pour quelle entreprise"), coerce=int, validate_choice=False)
    applied_on = StringField(_l("Quand"), validators=[InputRequired(_l("Donnez la date."))])
    place = StringField(
        _l("Où"),
        description=_l("Le site ou la ville."),
        validators=[InputRequired(_l("Dites où : le site ou la ville."))],
    )
    indicator = StringField(_l("Ce que vous avez mesuré"))
    before_value = StringField(_l("Avant"), validators=[is_a_number])
    after_value = StringField(_l("Après"), validators=[is_a_number])
    unit = StringField(_l("Unité"))
    method = StringField(_l("Comment vous avez mesuré"), description=_l("En une ligne."))
    note = TextAreaField(
        _l("Ce que vous avez changé ou appris"),
        description=_l("Deux phrases suffisent. Une photo ou un relevé aident à vérifier."),
    )


class ReturnForm(Form):
    """What is to be mended."""

    revision = IntegerField("", widget=HiddenField.widget)
    remarks = TextAreaField(
        _l("Vos remarques à l’auteur"),
        validators=NEEDED,
        description=_l(
            "Ce qui manque ou se comprend mal, point par point. L’auteur les reçoit par courriel."
        ),
    )


class WithdrawForm(Form):
    """Why a sheet is taken away."""

    reason = TextAreaField(
        _l("Pourquoi la retirer"), validators=NEEDED, description=_l("En une phrase ; son auteur la reçoit.")
    )
