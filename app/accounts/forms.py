"""The shape of what people send about their account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from app.accounts import passwords
from app.accounts.operations import Profile
from app.core.forms import Form
from app.core.text import clean_line, clean_text

EMAIL = re.compile(r"[^@\s<>\"'(),:;\\\[\]]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE)
LOCALES = [SelectChoice("fr", "Français"), SelectChoice("en", "English")]


class EmailAddress:
    """An address a mail can be sent to; the mail itself proves that it is somebody's."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        text = (field.data or "").strip()
        if len(text) > 254 or not EMAIL.fullmatch(text):
            raise ValidationError(_l("Écrivez une adresse comme prenom.nom@entreprise.fr."))


class GoodPassword:
    """The rule of `passwords.strength`, with every fault in words. `known` gives what is easily guessed about them."""

    def __call__(self, form: Form, field: Field) -> None:
        strength = passwords.strength(field.data or "", getattr(form, "known", ()))
        if not strength.is_good:
            raise ValidationError(" ".join(strength.faults))


class OneLine:
    """A name or a short text: cleaned, then held to its length."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, _form: Form, field: Field) -> None:
        field.data = clean_line(field.data or "", limit=10_000)
        if len(field.data) > self.limit:
            raise ValidationError(_l("Raccourcissez : %(limit)d caractères au plus.", limit=self.limit))


class Judged:
    """A field that the view judges itself, once it knows who asks: a password that somebody may not have."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: Form, _field: Field) -> None:
        """Nothing to say here."""


class NewPasswordForm(Form):
    """A password chosen; `known` must be set before validating, to refuse what anybody would try."""

    new_password = PasswordField(
        _l("Nouveau mot de passe"),
        validators=[InputRequired(_l("Choisissez un mot de passe.")), GoodPassword()],
        description=passwords.RULE,
    )

    def __init__(self, *args: Any, known: Iterable[str] = (), **kwargs: Any) -> None:
        self.known = tuple(known)
        super().__init__(*args, **kwargs)


class SignInForm(Form):
    """An address or sign-in name, and a password."""

    identifier = StringField(
        _l("Adresse électronique"),
        validators=[InputRequired(_l("Écrivez votre adresse."))],
        description=_l("Ou l’identifiant imprimé sur votre feuille d’invitation."),
    )
    password = PasswordField(
        _l("Mot de passe"), validators=[InputRequired(_l("Écrivez votre mot de passe."))]
    )
    remember = BooleanField(
        _l("Rester connecté sur cet appareil"),
        default=True,
        description=_l("Décochez sur un poste partagé : la session se ferme avec le navigateur."),
    )
    next = HiddenField()


class LinkForm(Form):
    """An address to send a link to. The field is the one of the sign-in page, whose second button this is."""

    identifier = StringField(_l("Adresse électronique"), validators=[EmailAddress()])
    next = HiddenField()


class CodeForm(Form):
    """The six digits of a sign-in mail."""

    code = StringField(_l("Code à six chiffres"), validators=[InputRequired(_l("Écrivez le code reçu."))])
    next = HiddenField()

    @property
    def digits(self) -> str:
        return "".join((self.code.data or "").split())


class SecondFactorForm(Form):
    """A code of the application, or a recovery code."""

    code = StringField(
        _l("Code de vérification"),
        validators=[
            InputRequired(_l("Écrivez le code.")),
            Length(max=40, message=_l("Ce code est trop long.")),
        ],
        description=_l("Les six chiffres de votre application, ou l’un de vos codes de secours."),
    )
    next = HiddenField()


class ForgottenForm(Form):
    """The address of somebody who lost their password."""

    email = EmailField(_l("Adresse électronique"), validators=[EmailAddress()])


class ConfirmationForm(Form):
    """A password asked again before what cannot be taken back; hidden when the person has none."""

    password = PasswordField(_l("Votre mot de passe"), validators=[Judged()])


class AddressForm(ConfirmationForm):
    """The address to use from now on."""

    email = EmailField(_l("Nouvelle adresse électronique"), validators=[EmailAddress()])


class PasswordForm(NewPasswordForm):
    """A new password, and the present one when there is one."""

    password = PasswordField(_l("Mot de passe actuel"), validators=[Judged()])


class ProfileForm(Form):
    """What a person says of themselves."""

    given_name = StringField(
        _l("Prénom"), validators=[InputRequired(_l("Écrivez votre prénom.")), OneLine(80)]
    )
    family_name = StringField(_l("Nom"), validators=[InputRequired(_l("Écrivez votre nom.")), OneLine(80)])
    trade = StringField(
        _l("Métier"), validators=[OneLine(120)], description=_l("Comme vous le diriez à un confrère.")
    )
    about = TextAreaField(
        _l("Ce que vous pouvez apporter"),
        validators=[Length(max=2_000, message=_l("Raccourcissez : 2 000 caractères au plus."))],
        description=_l("Machines, matières, procédés que vous connaissez bien."),
    )
    phone = StringField(
        _l("Téléphone"),
        validators=[OneLine(40)],
        description=_l("Visible des membres de vos communautés. Laissez vide pour ne pas l’afficher."),
    )
    locale = SelectField(
        _l("Langue des courriels"), choices=LOCALES, validators=[InputRequired(_l("Choisissez une langue."))]
    )

    def profile(self) -> Profile:
        """The values, cleaned."""
        return Profile(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            trade=self.trade.data or "",
            about=clean_text(self.about.data or "").strip(),
            phone=self.phone.data or "",
            locale=self.locale.data,
        )


class CharterForm(Form):
    """The charter, accepted knowingly."""

    accept = BooleanField(
        _l("J’ai lu la charte et je m’engage à la respecter."),
        validators=[InputRequired(_l("Cochez la case pour accepter la charte."))],
    )
    next = HiddenField()
