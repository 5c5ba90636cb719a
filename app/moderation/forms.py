"""The shape of what people send to moderation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from app.accounts.forms import EmailAddress, OneLine
from app.communities.forms import CreatingForm
from app.core.forms import Form
from app.core.text import clean_text
from app.moderation.vocabulary import (
    DURATIONS,
    GROUND_LABELS,
    MEASURE_CHOICES,
    REASON_LABELS,
    SANCTION_CHOICES,
)

LONGEST = 5_000
TOO_LONG = _l("5 000 caractères au plus.")


class Cleaned:
    """A text on several lines, without what does not show."""

    def __call__(self, _form: Form, field: Field) -> None:
        field.data = clean_text(field.data or "").strip()


def needed(sentence: Any) -> list[Any]:
    """A text that must be there, of a length one can read."""
    return [Cleaned(), DataRequired(sentence), Length(max=LONGEST, message=TOO_LONG)]


def int_or_none(value: Any) -> int | None:
    """The id of a choice, or None for none and for what is no id."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class ReportForm(CreatingForm):
    """« Signaler » in a few seconds: a reason, and a word when it helps."""

    reason = RadioField(
        _l("Qu’est-ce qui ne va pas ?"),
        choices=[SelectChoice(value, words) for value, words in REASON_LABELS.items()],
        validators=[InputRequired(_l("Choisissez ce qui ne va pas."))],
    )
    details = TextAreaField(
        _l("Ce que le modérateur doit savoir"), validators=[Cleaned(), Length(max=LONGEST, message=TOO_LONG)]
    )

    def keep_out(self, pointless: Sequence[str]) -> None:
        """Leave out the reasons that make no sense for this type of thing."""
        self.reason.choices = [
            SelectChoice(value, words) for value, words in REASON_LABELS.items() if value not in pointless
        ]


class IllegalForm(CreatingForm):
    """A notice of illegal content: who, where exactly, why exactly, in good faith."""

    reason = HiddenField(default="illegal")
    details = TextAreaField(
        _l("Pourquoi ce contenu est illégal"),
        description=_l("Le passage exact, et si vous la connaissez la loi qu’il enfreint."),
        validators=needed(_l("Donnez les raisons exactes : sans elles, personne ne peut décider.")),
    )
    name = StringField(_l("Votre nom"), validators=[OneLine(160), DataRequired(_l("Écrivez votre nom."))])
    email = StringField(
        _l("Votre adresse de courriel"),
        validators=[DataRequired(_l("Écrivez votre adresse.")), EmailAddress()],
    )
    good_faith = BooleanField(
        _l("Je déclare de bonne foi que ce que je dis est exact et complet."),
        validators=[DataRequired(_l("Cette déclaration est nécessaire."))],
    )


class AddressForm(CreatingForm):
    """A report by somebody without an account: the address of the content comes first."""

    address = StringField(
        _l("Adresse du contenu"),
        description=_l("Copiez-la dans la barre de votre navigateur."),
        validators=[OneLine(500), DataRequired(_l("Copiez ici l’adresse de la page."))],
    )
    reason = SelectField(
        _l("Ce qui ne va pas"),
        choices=[
            SelectChoice(value, REASON_LABELS[value])
            for value in ("illegal", *(known for known in REASON_LABELS if known != "illegal"))
        ],
        validators=[InputRequired()],
    )
    details = TextAreaField(
        _l("Les raisons exactes"),
        validators=needed(_l("Donnez les raisons exactes : sans elles, personne ne peut décider.")),
    )
    name = StringField(_l("Votre nom"), validators=[OneLine(160)])
    email = StringField(
        _l("Votre adresse de courriel"),
        description=_l("Nous y envoyons un accusé de réception, puis la décision."),
        validators=[Optional(), EmailAddress()],
    )
    good_faith = BooleanField(_l("Je déclare de bonne foi que ce que je dis est exact et complet."))
    # For robots: people never see it.
    website = StringField(validators=[Length(max=500)])
    started = HiddenField()

    def validate_name(self, field: Field) -> None:
        if self.reason.data == "illegal" and not field.data:
            raise ValidationError(_l("La loi demande votre nom pour un contenu illégal."))

    def validate_good_faith(self, field: Field) -> None:
        if self.reason.data == "illegal" and not field.data:
            raise ValidationError(_l("Cette déclaration est nécessaire pour un contenu illégal."))


class DecisionForm(Form):
    """What a moderator decides, and why. `prefilled` is the statement as the page composed it."""

    measure = RadioField(
        _l("Pour ce contenu"),
        choices=[SelectChoice(value, words) for value, words in MEASURE_CHOICES.items()],
        validators=[Optional()],
        validate_choice=False,
    )
    target_id = SelectField(
        _l("Vers la salle"), coerce=int_or_none, choices=[], validators=[Optional()], validate_choice=False
    )
    sanction = SelectField(
        _l("Pour son auteur"),
        choices=[SelectChoice(value, words) for value, words in SANCTION_CHOICES.items()],
        validators=[Optional()],
        validate_choice=False,
    )
    duration = SelectField(
        _l("Durée"),
        choices=[SelectChoice(value, words) for value, words in DURATIONS.items()],
        default="7",
        validators=[Optional()],
        validate_choice=False,
    )
    until = DateField(_l("Jusqu’au"), validators=[Optional()])
    canned = SelectField(
        _l("Texte prêt"), coerce=int_or_none, choices=[], validators=[Optional()], validate_choice=False
    )

    ground = SelectField(
        _l("Fondement"),
        choices=[SelectChoice(value, words) for value, words in GROUND_LABELS.items()],
        validators=[Optional()],
        validate_choice=False,
    )
    ground_detail = StringField(_l("Précision ou article"), validators=[OneLine(300)])
    facts = TextAreaField(_l("Faits"), validators=[Cleaned(), Length(max=LONGEST, message=TOO_LONG)])
    statement = TextAreaField(
        _l("Exposé des motifs"), validators=[Cleaned(), Length(max=2 * LONGEST, message=TOO_LONG)]
    )
    prefilled = HiddenField(validators=[Cleaned()])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Needed to hide, not to do nothing: the operation checks, the page must not call them optional.
        for field in (
            self.ground,
            self.facts,
            self.statement,
            self.sanction,
            self.duration,
            self.target_id,
            self.until,
        ):
            field.flags.required = True


class HandOverForm(Form):
    """To whom something on the desk is handed, and what they should know."""

    to_id = SelectField(_l("À qui"), coerce=int_or_none, choices=[], validate_choice=False)
    note = TextAreaField(
        _l("Note"), validators=[Cleaned(), Length(max=1_000, message=_l("1 000 caractères au plus."))]
    )


class TextForm(Form):
    """A ready wording of facts."""

    place = SelectField(_l("Sert dans"), coerce=int_or_none, choices=[], validate_choice=False)
    ground = SelectField(
        _l("Fondement"), choices=[SelectChoice(value, words) for value, words in GROUND_LABELS.items()]
    )
    title = StringField(
        _l("Titre"), validators=[OneLine(80), DataRequired(_l("Donnez un titre à ce texte."))]
    )
    text = TextAreaField(_l("Texte"), validators=needed(_l("Écrivez le texte.")))


class RestoreForm(Form):
    """Why something hidden is shown again."""

    facts = TextAreaField(
        _l("Pourquoi le rétablir"),
        validators=needed(_l("Dites pourquoi ce contenu est rétabli.")),
    )


class AppealForm(Form):
    """Why the author contests."""

    text = TextAreaField(
        _l("Pourquoi vous contestez cette décision"),
        validators=needed(_l("Dites en quelques mots pourquoi vous contestez.")),
    )


class AnswerForm(Form):
    """The answer to an appeal."""

    answer = TextAreaField(
        _l("Votre réponse à la personne"),
        validators=needed(_l("Répondez en quelques mots à la personne.")),
    )
