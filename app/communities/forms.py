"""The shape of what people send about communities, firms and people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from app.accounts.forms import EmailAddress, GoodPassword, OneLine
from app.communities import activities
from app.communities.vocabulary import REFUSAL_REASONS, SIZE_NAMES
from app.core import geography, identifiers
from app.core.errors import Refusal
from app.core.forms import Form
from app.core.text import clean_text


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Pairs of value and words as a field wants them."""
    return [SelectChoice(value, words) for value, words in pairs]


SIZES = choices(SIZE_NAMES.items())
LONG = 2_000


class Siret:
    """A number that passes the key, written as fourteen digits."""

    def __call__(self, _form: Form, field: Any) -> None:
        try:
            field.data = identifiers.validate_siret(field.data or "")
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from None


class ActivityCode:
    """A code of the nomenclature, written as « 25.62B »."""

    def __call__(self, _form: Form, field: Any) -> None:
        code = activities.normalise(field.data or "")
        if code is None:
            raise ValidationError(
                _l("Un code d’activité compte quatre chiffres et une lettre, comme 25.62B.")
            )
        field.data = code


class Postcode:
    """A French postcode: it says the department."""

    def __call__(self, _form: Form, field: Any) -> None:
        field.data = "".join((field.data or "").split())
        if geography.department_of_postcode(field.data) is None:
            raise ValidationError(_l("Un code postal français compte cinq chiffres, comme 41000."))


class Prose:
    """A free text: cleaned, then held to its length."""

    def __init__(self, limit: int = LONG) -> None:
        self.limit = limit

    def __call__(self, _form: Form, field: Any) -> None:
        field.data = clean_text(field.data or "").strip()
        if len(field.data) > self.limit:
            raise ValidationError(_l("Raccourcissez : %(limit)d caractères au plus.", limit=self.limit))


def fresh_request_id() -> str:
    """The request id a creating form is shown with."""
    return str(uuid.uuid4())


class CreatingForm(Form):
    """A form that creates something once, however often it is sent."""

    request_id = HiddenField(default=fresh_request_id)


class JoinForm(CreatingForm):
    """A newcomer's firm and name."""

    siret = StringField(
        _l("SIRET de l’établissement"),
        validators=[InputRequired(_l("Indiquez le SIRET : quatorze chiffres.")), Siret()],
        description=_l("Quatorze chiffres, en bas de vos factures ou sur votre avis de situation Sirene."),
    )
    company_name = StringField(
        _l("Nom de l’entreprise"),
        validators=[InputRequired(_l("Indiquez le nom de l’entreprise.")), OneLine(160)],
    )
    size_class = RadioField(
        _l("Taille"), choices=SIZES, validators=[InputRequired(_l("Choisissez une taille."))]
    )
    activity_code = StringField(
        _l("Code d’activité (NAF ou APE)"),
        validators=[InputRequired(_l("Indiquez le code d’activité.")), ActivityCode()],
        description=_l("Quatre chiffres et une lettre, comme 25.62B, à côté du SIRET."),
    )
    postcode = StringField(
        _l("Code postal de l’établissement"),
        validators=[InputRequired(_l("Indiquez le code postal.")), Postcode()],
    )
    town = StringField(_l("Ville"), validators=[InputRequired(_l("Indiquez la ville.")), OneLine(80)])
    given_name = StringField(
        _l("Prénom"), validators=[InputRequired(_l("Écrivez votre prénom.")), OneLine(80)]
    )
    family_name = StringField(_l("Nom"), validators=[InputRequired(_l("Écrivez votre nom.")), OneLine(80)])
    trade = StringField(
        _l("Votre métier dans l’entreprise"),
        validators=[InputRequired(_l("Dites votre métier.")), OneLine(120)],
    )
    email = EmailField(
        _l("Adresse électronique professionnelle"),
        validators=[EmailAddress()],
        description=_l("Un lien y sera envoyé : rien n’est créé avant que vous ne l’ouvriez."),
    )
    message = TextAreaField(
        _l("Un mot à la personne qui vous accueillera"),
        validators=[Prose()],
        description=_l("Ce que vous fabriquez, ce que vous cherchez, ce que vous pouvez apporter."),
    )
    charter = BooleanField(
        _l("Je m’engage à respecter la charte : on parle technique, pas prix."),
        validators=[InputRequired(_l("Cochez la case pour accepter la charte."))],
    )


class InvitationForm(Form):
    """What an invited person says of themselves: six fields at most."""

    given_name = StringField(
        _l("Prénom"), validators=[InputRequired(_l("Écrivez votre prénom.")), OneLine(80)]
    )
    family_name = StringField(_l("Nom"), validators=[InputRequired(_l("Écrivez votre nom.")), OneLine(80)])
    trade = StringField(
        _l("Métier"),
        validators=[InputRequired(_l("Dites votre métier.")), OneLine(120)],
        description=_l("Comme vous le diriez à un confrère : régleur, responsable qualité…"),
    )
    password = PasswordField(_l("Mot de passe"), validators=[Optional(), GoodPassword()])
    charter = BooleanField(
        _l("J’accepte la charte : on parle technique, pas prix."),
        validators=[InputRequired(_l("Cochez la case pour accepter la charte."))],
    )

    def __init__(self, *args: Any, needs_password: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs_password = needs_password
        self.known = [self.given_name.data or "", self.family_name.data or ""]
        if needs_password:
            self.password.flags.required = True

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        is_valid = super().validate(*args, **kwargs)
        if self.needs_password and not self.password.data:
            self.password.errors = [
                _l("Choisissez un mot de passe : sans adresse, il vous servira à revenir.")
            ]
            return False
        return is_valid


class CodeForm(Form):
    """A code read from a printed sheet."""

    code = StringField(
        _l("Code imprimé"),
        validators=[InputRequired(_l("Tapez le code de votre feuille.")), Length(max=40)],
        description=_l("Douze lettres et chiffres en trois groupes ; les tirets sont facultatifs."),
    )


class InviteForm(Form):
    """Addresses pasted as they come."""

    addresses = TextAreaField(
        _l("Adresses de vos collègues"),
        validators=[InputRequired(_l("Collez au moins une adresse.")), Length(max=8_000)],
        description=_l("Collez-en plusieurs d’un coup, une par ligne ou séparées par des virgules."),
    )


class PrintForm(CreatingForm):
    """The name of somebody without a mailbox."""

    label = StringField(
        _l("Nom de la personne"),
        validators=[InputRequired(_l("Écrivez son nom, pour retrouver sa feuille.")), OneLine(160)],
    )


class CompanyForm(Form):
    """What a firm says of itself."""

    name = StringField(
        _l("Nom de l’entreprise"),
        validators=[InputRequired(_l("Indiquez le nom de l’entreprise.")), OneLine(160)],
    )
    town = StringField(_l("Ville"), validators=[InputRequired(_l("Indiquez la ville.")), OneLine(80)])
    size_class = RadioField(
        _l("Taille"), choices=SIZES, validators=[InputRequired(_l("Choisissez une taille."))]
    )
    headcount = IntegerField(
        _l("Effectif"),
        validators=[Optional(), NumberRange(1, 1_000_000, _l("Un nombre de personnes, à partir de 1."))],
    )
    activity_code = StringField(
        _l("Code d’activité (NAF ou APE)"),
        validators=[InputRequired(_l("Indiquez le code d’activité.")), ActivityCode()],
    )
    summary = TextAreaField(
        _l("Ce que vous fabriquez"),
        validators=[Prose()],
        description=_l("Deux ou trois phrases, pour que vos voisins sachent quand penser à vous."),
    )
    skills = TextAreaField(
        _l("Savoir-faire"),
        validators=[Prose()],
        description=_l("Procédés, matières, certifications : ce sur quoi on peut vous interroger."),
    )
    equipment = TextAreaField(
        _l("Équipements"),
        validators=[Prose()],
        description=_l("Machines et moyens marquants. Ni capacité disponible, ni prix."),
    )
    version = HiddenField()


class SiteForm(Form):
    """One more place of work."""

    siret = StringField(
        _l("SIRET de l’établissement"),
        validators=[InputRequired(_l("Indiquez le SIRET : quatorze chiffres.")), Siret()],
    )
    site_name = StringField(_l("Nom du site"), validators=[OneLine(120)])
    postcode = StringField(
        _l("Code postal"), validators=[InputRequired(_l("Indiquez le code postal.")), Postcode()]
    )
    town = StringField(_l("Ville"), validators=[InputRequired(_l("Indiquez la ville.")), OneLine(80)])


class RequestForm(CreatingForm):
    """A firm asks to enter a community."""

    message = TextAreaField(
        _l("Un mot à la personne qui vous accueillera"),
        validators=[Prose()],
        description=_l("Pourquoi cette communauté, ce que vous cherchez, ce que vous pouvez apporter."),
    )


class RefusalForm(Form):
    """A ground and facts: the firm reads them."""

    reason_code = RadioField(
        _l("Motif"),
        choices=choices(REFUSAL_REASONS.items()),
        validators=[InputRequired(_l("Choisissez un motif."))],
    )
    reason = TextAreaField(
        _l("Explication"),
        validators=[InputRequired(_l("Expliquez le refus : l’entreprise lira ce texte.")), Prose()],
        description=_l("Des faits, sans jugement, et ce qui permettrait une nouvelle demande."),
    )


class CommunityForm(Form):
    """What a community says of itself."""

    name = StringField(
        _l("Nom de la communauté"), validators=[InputRequired(_l("Donnez un nom.")), OneLine(120)]
    )
    town = StringField(
        _l("Ville de rendez-vous"),
        validators=[InputRequired(_l("Indiquez une ville.")), OneLine(80)],
        description=_l("Là où les rencontres ont lieu le plus souvent."),
    )
    summary = TextAreaField(
        _l("Présentation"),
        validators=[Prose(1_000)],
        description=_l("Une ou deux phrases, lues par tout le monde : qui s’y retrouve et pour quoi faire."),
    )


class NewCommunityForm(CommunityForm, CreatingForm):
    """A community to prepare in a region."""

    department = SelectField(_l("Département"), validators=[InputRequired(_l("Choisissez un département."))])


class GrantForm(Form):
    """A role, for whom, until when."""

    person_id = RadioField(
        _l("Personne"),
        coerce=int,
        validate_choice=False,
        validators=[InputRequired(_l("Choisissez une personne."))],
    )
    role = RadioField(_l("Rôle"), validators=[InputRequired(_l("Choisissez un rôle."))])
    starts_on = DateField(_l("À partir du"), validators=[Optional()])
    ends_on = DateField(
        _l("Jusqu’au"), validators=[Optional()], description=_l("Laissez vide pour une durée indéterminée.")
    )


class PersonForm(Form):
    """One colleague chosen."""

    person_id = SelectField(
        _l("Collègue"),
        coerce=int,
        validate_choice=False,
        validators=[InputRequired(_l("Choisissez quelqu’un."))],
    )


class AddressForm(Form):
    """One address to invite."""

    email = EmailField(_l("Adresse électronique"), validators=[EmailAddress()])


class CompetitorForm(Form):
    """One firm chosen."""

    competitor_id = SelectField(
        _l("Entreprise"),
        coerce=int,
        validate_choice=False,
        validators=[InputRequired(_l("Choisissez une entreprise."))],
    )
