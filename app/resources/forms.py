"""The shape of what people send about labs, machines, staff and qualifications."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.errors import Refusal
from app.core.forms import Form
from app.resources import spoken
from app.resources.hours import Span, instant_of
from app.resources.rules import length
from app.resources.shapes import LabShape, MachineRules, MachineShape
from app.resources.vocabulary import (
    CHARGES,
    DAY_KINDS,
    OUTAGE_KINDS,
    PAPERS,
    SEVERITY_NAMES,
    SUPERVISION_NAMES,
    TREATMENT_NAMES,
    WEEKDAYS,
)


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Pairs of value and words as a field wants them."""
    return [SelectChoice(value, words) for value, words in pairs]


class CheckboxesField(SelectMultipleField):
    """Several of a list, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CreatingForm(Form):
    """A form that creates something once, however often it is sent."""

    request_id = HiddenField(default=lambda: str(uuid.uuid4()))


class LabForm(CreatingForm):
    """What a lab says of itself."""

    name = StringField(_l("Nom du lab"), validators=[InputRequired(_l("Donnez un nom au lab."))])
    address = StringField(_l("Adresse"), validators=[Optional(), Length(max=200)])
    postcode = StringField(
        _l("Code postal"),
        validators=[InputRequired(_l("Indiquez le code postal."))],
        description=_l("Il donne le département, donc les jours fériés et l’heure du lieu."),
    )
    town = StringField(_l("Ville"), validators=[InputRequired(_l("Indiquez la ville."))])
    phone = StringField(_l("Téléphone"), validators=[Optional()])
    summary = TextAreaField(
        _l("Présentation"), description=_l("Deux ou trois phrases : ce qu’on vient y faire, et avec qui.")
    )
    arrival = TextAreaField(
        _l("En arrivant"),
        description=_l("Où se garer, à quelle porte sonner, ce qu’il faut apporter pour entrer en atelier."),
    )
    version = HiddenField()

    def shape(self) -> LabShape:
        """What was typed."""
        return LabShape(
            **{
                name: getattr(self, name).data or ""
                for name in ("name", "address", "postcode", "town", "phone", "summary", "arrival")
            }
        )


class HoursForm(Form):
    """A week, one field a day, as people write hours."""

    day0 = StringField(WEEKDAYS[0], validators=[Optional()])
    day1 = StringField(WEEKDAYS[1], validators=[Optional()])
    day2 = StringField(WEEKDAYS[2], validators=[Optional()])
    day3 = StringField(WEEKDAYS[3], validators=[Optional()])
    day4 = StringField(WEEKDAYS[4], validators=[Optional()])
    day5 = StringField(WEEKDAYS[5], validators=[Optional()])
    day6 = StringField(WEEKDAYS[6], validators=[Optional()])

    def days(self) -> list[Any]:
        """The fields, Monday first."""
        return [getattr(self, f"day{weekday}") for weekday in range(7)]

    def read(self) -> dict[int, list[Span]] | None:
        """The stretches typed; None when a field could not be read, each with its sentence."""
        week: dict[int, list[Span]] = {}
        for weekday, field in enumerate(self.days()):
            try:
                week[weekday] = spoken.stretches(field.data or "")
            except Refusal as refusal:
                field.errors = [*field.errors, refusal.sentence]
        return week if len(week) == 7 else None


class DayForm(Form):
    """One more day on which a lab is closed."""

    day = DateField(_l("Jour"), validators=[InputRequired(_l("Choisissez un jour."))])
    label = StringField(
        _l("Raison"), validators=[Optional(), Length(max=120)], description=_l("Inventaire, congés, salon…")
    )
    origin = SelectField(
        _l("Nature"),
        choices=choices(DAY_KINDS.items()),
        default="lab",
        description=_l("Les fêtes coutumières, dont la date change chaque année, se notent ici."),
    )
    despite_bookings = BooleanField(
        _l("Fermer ce jour même si des réservations y sont prises : elles restent")
    )


class PlacesForm(Form):
    """Which places of the tree."""

    nodes = CheckboxesField(_l("Lieux"), coerce=int, validate_choice=False)


class StaffForm(Form):
    """Somebody, and their charge."""

    person = StringField(
        _l("Adresse électronique"),
        validators=[Optional(), Length(max=254)],
        description=_l("Celle du compte de la personne."),
    )
    person_id = RadioField(_l("Personne"), coerce=int, validate_choice=False, validators=[Optional()])
    role = RadioField(
        _l("Charge"),
        choices=choices(CHARGES.items()),
        validators=[InputRequired(_l("Choisissez une charge."))],
    )


class MachineForm(CreatingForm):
    """What a machine's page says."""

    name = StringField(_l("Nom de la machine"), validators=[InputRequired(_l("Donnez un nom à la machine."))])
    summary = TextAreaField(
        _l("À quoi elle sert"),
        description=_l("Matières, dimensions, précision : de quoi savoir si elle convient."),
    )
    specification = TextAreaField(
        _l("Caractéristiques"), description=_l("Une par ligne, comme « Course en X : 500 mm ».")
    )
    to_know = TextAreaField(
        _l("Trois choses à savoir"),
        description=_l("Une par ligne, trois au plus : on les lit avant de réserver."),
    )
    protective_equipment = StringField(
        _l("Équipement de protection"),
        description=_l("Lunettes, gants, chaussures… ce que chacun apporte ou trouve."),
    )
    owner_company_id = SelectField(
        _l("À qui elle est"),
        coerce=int,
        validate_choice=False,
        description=_l("Une entreprise membre peut la prêter : son référent en tient alors la fiche."),
    )
    units = IntegerField(
        _l("Nombre d’exemplaires"),
        default=1,
        validators=[Optional(), NumberRange(1, 20, _l("De 1 à 20 exemplaires."))],
        description=_l("Plusieurs machines pareilles se réservent sous un seul nom."),
    )
    version = HiddenField()

    def shape(self, code: str = "") -> MachineShape:
        """What was typed; a line without « : » is refused by the shape."""
        lines = [line for line in (self.specification.data or "").splitlines() if line.strip()]
        return MachineShape(
            name=self.name.data or "",
            code=code,
            summary=self.summary.data or "",
            specification=[_pair(line) for line in lines],
            to_know=(self.to_know.data or "").splitlines(),
            protective_equipment=self.protective_equipment.data or "",
            owner_company_id=self.owner_company_id.data or None,
        )


def _pair(line: str) -> list[str]:
    name, _colon, value = line.partition(":")
    return [name.strip(), value.strip()]


LENGTHS = (
    "step_minutes",
    "default_minutes",
    "max_minutes",
    "notice_minutes",
    "setup_minutes",
    "cleanup_minutes",
)


class RulesForm(Form):
    """How a machine is booked; lengths as people write them."""

    step_minutes = StringField(
        _l("Pas"), description=_l("Les créneaux commencent et finissent sur ce pas : 30 min, 1 h, 1 jour.")
    )
    default_minutes = StringField(_l("Créneau proposé"), description=_l("Ce que la page offre d’abord."))
    max_minutes = StringField(_l("Créneau le plus long"))
    notice_minutes = StringField(
        _l("Délai"), description=_l("Combien de temps à l’avance au moins ; 0 pour réserver tout de suite.")
    )
    horizon_days = IntegerField(
        _l("Horizon, en jours"), description=_l("Jusqu’à combien de jours à l’avance on réserve.")
    )
    setup_minutes = StringField(
        _l("Mise en place"), description=_l("Bloqué avant chaque créneau, sans compter dans la durée.")
    )
    cleanup_minutes = StringField(_l("Remise en état"), description=_l("Bloqué après chaque créneau."))
    supervision = RadioField(_l("On l’utilise"), choices=choices(SUPERVISION_NAMES.items()))
    supervised_uses = IntegerField(
        _l("Premières utilisations accompagnées"),
        description=_l("Combien de fois une personne du lab est là avant qu’on travaille seul."),
    )
    runs_unattended = BooleanField(
        _l("Peut tourner sans personne"),
        description=_l("Seuls le début et la fin demandent que le lab soit ouvert."),
    )
    leaves_lab = BooleanField(
        _l("Se prête hors du lab"),
        description=_l(
            "Elle est retirée et rapportée aux heures d’ouverture, et reste dehors entre les deux."
        ),
    )
    needs_approval = BooleanField(
        _l("Chaque réservation est acceptée par le lab"),
        description=_l("La demande n’occupe la machine qu’une fois acceptée."),
    )

    def show(self, machine: Any) -> None:
        """Fill the fields from a machine, lengths in words."""
        for name, field in self._fields.items():
            if name in LENGTHS:
                field.data = length(getattr(machine, name)) if getattr(machine, name) else "0"
            elif hasattr(machine, name):
                field.data = getattr(machine, name)

    def rules(self) -> MachineRules | None:
        """What was typed; None when a length could not be read, each with its sentence."""
        values: dict[str, Any] = {}
        for name in LENGTHS:
            field = getattr(self, name)
            try:
                values[name] = spoken.minutes(field.data or "")
            except Refusal as refusal:
                field.errors = [*field.errors, refusal.sentence]
        if len(values) < len(LENGTHS):
            return None
        return MachineRules(
            **values,
            horizon_days=self.horizon_days.data or 0,
            supervision=self.supervision.data or "",
            supervised_uses=self.supervised_uses.data or 0,
            runs_unattended=self.runs_unattended.data,
            leaves_lab=self.leaves_lab.data,
            needs_approval=self.needs_approval.data,
        )


class ConditionsForm(Form):
    """What a machine asks of whom."""

    types = CheckboxesField(_l("Qualifications demandées"), coerce=int, validate_choice=False)
    nodes = CheckboxesField(_l("Réservée à"), coerce=int, validate_choice=False)


class UnitForm(Form):
    """One more like machine."""

    name = StringField(
        _l("Nom de l’exemplaire"), validators=[InputRequired(_l("Donnez-lui un nom, comme « n° 2 »."))]
    )
    serial_number = StringField(_l("Numéro de série"), validators=[Optional()])


class CheckForm(Form):
    """When a machine was checked."""

    last_on = DateField(_l("Dernier contrôle"), validators=[Optional()])
    next_on = DateField(
        _l("Prochain contrôle"),
        validators=[Optional()],
        description=_l("Passé ce jour sans contrôle, la machine ne se réserve plus."),
    )


class PhotoForm(Form):
    """The photo of a machine."""

    photo = FileField(_l("Photo"), description=_l("JPEG, PNG, WebP ou HEIC, prise au téléphone ou non."))
    alt = StringField(
        _l("Ce qu’on y voit"),
        validators=[Optional(), Length(max=300)],
        description=_l("Pour qui ne voit pas la photo."),
    )


class PaperForm(CreatingForm):
    """A paper of a machine."""

    file = FileField(_l("Fichier"))
    kind = SelectField(_l("Nature"), choices=choices(PAPERS.items()))
    title = StringField(_l("Titre"), validators=[Optional(), Length(max=160)])


class QualifyForm(CreatingForm):
    """Somebody becomes qualified."""

    person_id = RadioField(
        _l("Personne"),
        coerce=int,
        validate_choice=False,
        validators=[InputRequired(_l("Choisissez une personne."))],
    )
    type_id = SelectField(_l("Qualification"), coerce=int, validate_choice=False)
    valid_from = DateField(_l("À partir du"), validators=[Optional()])
    valid_until = DateField(
        _l("Jusqu’au"), validators=[Optional()], description=_l("Laissez vide pour la durée habituelle.")
    )
    note = StringField(_l("Note"), validators=[Optional(), Length(max=300)])


class RevokeForm(Form):
    """Why a qualification is taken back."""

    reason = StringField(
        _l("Motif"),
        validators=[InputRequired(_l("Dites pourquoi : la personne concernée lira votre motif."))],
    )


class TypeForm(CreatingForm):
    """A training of one lab."""

    name = StringField(_l("Nom"), validators=[InputRequired(_l("Donnez un nom à cette qualification."))])
    issuer = RadioField(
        _l("Délivrée par"),
        choices=choices(
            [("lab", _l("Le lab, après formation")), ("body", _l("Un organisme, sur présentation"))]
        ),
        default="lab",
    )
    validity_months = IntegerField(_l("Durée, en mois"), default=36, validators=[Optional()])
    is_single_use = BooleanField(_l("Ne vaut que pour une réservation"))
    needs = CheckboxesField(_l("Demande d’abord"), coerce=int, validate_choice=False)


class IncidentForm(CreatingForm):
    """Something is wrong with a machine."""

    severity = RadioField(
        _l("Gravité"),
        choices=choices(SEVERITY_NAMES.items()),
        validators=[InputRequired(_l("Dites si la machine peut encore servir."))],
    )
    text = TextAreaField(
        _l("Ce que vous avez vu"), validators=[InputRequired(_l("Dites ce que vous avez vu."))]
    )
    photos = FileField(_l("Photo"))


INSTANTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]
"""How browsers send an instant, and how people type one where a browser has no field for it."""


class EndForm(CreatingForm):
    """Until when a machine stands still, and what becomes of the bookings in its way once they were read."""

    expected_end = DateTimeLocalField(
        _l("Retour prévu"),
        format=INSTANTS,
        validators=[Optional()],
        description=_l("Laissez vide si personne ne le sait encore."),
    )
    treatment = RadioField(
        _l("Que deviennent-elles"),
        choices=choices(TREATMENT_NAMES.items()),
        default="suspend",
        validators=[InputRequired(_l("Choisissez ce que deviennent les réservations."))],
    )

    def seconds(self, name: str, zone: str, *, fold: int) -> int | None:
        """The second at which the clock of the place shows what was typed; None when nothing was."""
        typed = getattr(self, name).data
        if typed is None:
            return None
        try:
            return instant_of(typed.date(), typed.hour * 60 + typed.minute, zone, fold=fold)
        except (OverflowError, ValueError):
            raise Refusal(_("Cette date est trop lointaine."), field=name) from None


class OutageForm(EndForm):
    """A machine stands still."""

    kind = RadioField(
        _l("Nature"),
        choices=choices(OUTAGE_KINDS.items()),
        default="outage",
        validators=[InputRequired(_l("Dites si c’est une panne ou un arrêt prévu."))],
    )
    unit_id = RadioField(
        _l("Ce qui est arrêté"),
        coerce=int,
        validate_choice=False,
        default=0,
        validators=[InputRequired(_l("Dites ce qui est arrêté."))],
    )
    reason = StringField(
        _l("Ce qui se passe"),
        validators=[
            InputRequired(_l("Dites ce qui se passe : les personnes qui ont réservé le liront.")),
            Length(max=500),
        ],
        description=_l("En une phrase, lue par tous ceux qui voient la machine."),
    )
    starts_at = DateTimeLocalField(
        _l("Depuis quand"),
        format=INSTANTS,
        validators=[Optional()],
        description=_l("Laissez vide pour l’arrêter dès maintenant."),
    )


class OutageEndForm(Form):
    """The machine runs again."""

    note = StringField(
        _l("Ce qui a été fait"),
        validators=[Optional(), Length(max=500)],
        description=_l("Gardé avec l’arrêt, pour la prochaine fois."),
    )
