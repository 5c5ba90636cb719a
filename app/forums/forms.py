"""The shape of what people send to discussions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import (
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.core.blobs import OFFERED
from app.core.forms import Form

KIND_LABELS = {
    "question": _l("Question"),
    "discussion": _l("Discussion"),
    "announcement": _l("Annonce"),
    "need": _l("Besoin"),
    "offer": _l("Offre"),
}
KIND_HINTS = {
    "question": _l("Vous cherchez une réponse ; vous pourrez retenir la bonne."),
    "discussion": _l("Un retour d’expérience, un avis, un sujet à plusieurs."),
    "need": _l("Une pièce, un prestataire, un coup de main : dites ce qu’il vous faut et pour quand."),
    "offer": _l("Un savoir-faire, un outillage, une formation que vous proposez aux autres."),
    "announcement": _l("Une information de l’équipe d’animation à toute la salle."),
}
ROOM_KIND_LABELS = {
    "open": _l("Ouverte à toute la communauté"),
    "announcements": _l("Annonces : l’équipe d’animation publie, chacun répond"),
    "restricted": _l("Restreinte aux personnes inscrites"),
}


class MessageForm(Form):
    """A text, with the photos and files that a plain form sends along."""

    class Meta(Form.Meta):
        # The token was judged before the view, as with every request that changes something.
        csrf = False

    files = MultipleFileField(_l("Photo ou fichier"), render_kw={"accept": OFFERED})


class ReplyForm(MessageForm):
    """An answer in a topic."""

    body = TextAreaField(
        _l("Votre réponse"), validators=[DataRequired(_l("Écrivez votre message avant de publier."))]
    )
    request_id = HiddenField("", validators=[InputRequired()])
    company_id = SelectField(
        _l("Vous écrivez pour"), coerce=int, validators=[Optional()], validate_choice=False
    )


class TopicForm(MessageForm):
    """A new topic."""

    room_id = SelectField(
        _l("Dans quelle salle"), coerce=int, validators=[InputRequired(_l("Choisissez une salle."))]
    )
    kind = RadioField(
        _l("Ce que vous publiez"),
        choices=[SelectChoice(value, words) for value, words in KIND_LABELS.items()],
        default="question",
        validators=[InputRequired(_l("Choisissez ce que vous publiez."))],
    )
    title = StringField(
        _l("Titre"),
        description=_l("En une ligne, comme vous le diriez à un collègue : la pièce, la machine, le défaut."),
        validators=[
            DataRequired(_l("Donnez un titre à votre sujet.")),
            Length(5, 160, _l("Le titre compte entre 5 et 160 caractères.")),
        ],
    )
    body = TextAreaField(
        _l("Votre message"), validators=[DataRequired(_l("Décrivez votre sujet en quelques lignes."))]
    )
    tags = StringField(
        _l("Mots-clés"),
        description=_l("Cinq au plus, séparés par des virgules : cobot, 316L, porosités."),
        validators=[
            Optional(),
            Length(max=240, message=_l("Cinq mots-clés au plus : gardez les plus parlants.")),
        ],
    )
    request_id = HiddenField("", validators=[InputRequired()])
    company_id = SelectField(
        _l("Vous écrivez pour"), coerce=int, validators=[Optional()], validate_choice=False
    )


class EditForm(MessageForm):
    """Another wording of one's own message."""

    body = TextAreaField(
        _l("Votre message"), validators=[DataRequired(_l("Écrivez votre message avant d’enregistrer."))]
    )
    base_version = IntegerField(validators=[InputRequired(), NumberRange(min=1, max=1_000_000)])


class MoveForm(Form):
    """Where a topic goes."""

    room_id = SelectField(
        _l("Nouvelle salle"), coerce=int, validators=[InputRequired(_l("Choisissez une salle."))]
    )


class RoomForm(Form):
    """A new room."""

    name = StringField(
        _l("Nom de la salle"),
        validators=[
            DataRequired(_l("Donnez un nom à la salle.")),
            Length(2, 80, _l("Entre 2 et 80 caractères.")),
        ],
    )
    summary = StringField(
        _l("De quoi on y parle"),
        validators=[Optional(), Length(max=300, message=_l("300 caractères au plus."))],
    )
    kind = RadioField(
        _l("Qui la lit"),
        choices=[SelectChoice(value, words) for value, words in ROOM_KIND_LABELS.items()],
        default="open",
    )
    request_id = HiddenField("", validators=[InputRequired()])


class AnnouncementForm(Form):
    """An announcement to every community of a region."""

    title = StringField(
        _l("Titre"),
        validators=[
            DataRequired(_l("Donnez un titre à votre annonce.")),
            Length(5, 160, _l("Le titre compte entre 5 et 160 caractères.")),
        ],
    )
    body = TextAreaField(_l("Votre annonce"), validators=[DataRequired(_l("Écrivez votre annonce."))])
    request_id = HiddenField("", validators=[InputRequired()])
