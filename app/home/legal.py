"""The pages the law asks for, filled from the settings; what an operator has not said yet is said to be missing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.charter import CURRENT
from app.accounts.gates import BEFORE_PROOF
from app.accounts.identities import months_kept
from app.communities.access import access_of
from app.config import Settings
from app.core.demo import is_demo
from app.core.doors import public
from app.home import data_register

bp = Blueprint("legal", __name__, template_folder="templates")

LOCAL_ADDRESSES = ("@127.0.0.1", "@localhost", "@::1", "@[::1]")


@dataclass(frozen=True)
class Fact:
    """Something the operator must say: the setting that says it, its name on the page, its value ("" when missing)."""

    setting: str
    label: str
    value: str

    @property
    def is_missing(self) -> bool:
        return not self.value


@bp.get("/mentions-legales")
@public(exempt=BEFORE_PROOF)
def show_notice() -> ResponseReturnValue:
    return _page("notice", operator=_operator(), host=_host())


@bp.get("/donnees-personnelles")
@public(exempt=BEFORE_PROOF)
def show_privacy() -> ResponseReturnValue:
    return _page(
        "privacy",
        register=data_register.purposes(),
        contact=_mail("privacy_contact"),
        months_kept=months_kept(),
    )


@bp.get("/donnees-personnelles/registre.csv")
@public(exempt=BEFORE_PROOF)
def download_register() -> ResponseReturnValue:
    """The record of processing, one line each, for a spreadsheet."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(
        [_("Finalité"), _("Base légale"), _("Données"), _("Qui les voit"), _("Durée de conservation")]
    )
    for purpose in data_register.purposes():
        writer.writerow([purpose.what, purpose.basis, purpose.data, purpose.recipients, purpose.kept])
    response = make_response(text.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="registre-des-traitements.csv"'
    return response


@bp.get("/conditions")
@public(exempt=BEFORE_PROOF)
def show_terms() -> ResponseReturnValue:
    return _page("terms", operator_name=_settings().operator_name, since=CURRENT.since)


@bp.get("/accessibilite")
@public(exempt=BEFORE_PROOF)
def show_accessibility() -> ResponseReturnValue:
    return _page("accessibility", contact=_mail("operator_contact"), operator_name=_settings().operator_name)


@bp.get("/contact-signalement")
@public(exempt=BEFORE_PROOF)
def show_contact() -> ResponseReturnValue:
    return _page("contact", users=_mail("operator_contact"), authorities=_mail("abuse_contact"))


def missing_facts() -> list[Fact]:
    """What the operator must still say before the pages are complete."""
    facts = [*_operator(), *_host(), *_contacts()]
    optional = {"OPERATOR_REGISTRATION"}
    return [fact for fact in facts if fact.is_missing and fact.setting not in optional]


def _page(name: str, **values: object) -> str:
    # Administrators are shown the settings to fill in; a visitor only reads that something is missing.
    missing = missing_facts() if not is_demo() and access_of(current_user).is_national_admin else []
    return render_template(
        f"home/legal/{name}.html",
        missing=missing,
        is_demo=is_demo(),
        product=_settings().product_name,
        **values,
    )


def _operator() -> list[Fact]:
    settings = _settings()
    return [
        Fact("OPERATOR_NAME", _("Exploitant"), settings.operator_name),
        Fact("OPERATOR_LEGAL_FORM", _("Forme juridique"), settings.operator_legal_form),
        Fact("OPERATOR_ADDRESS", _("Adresse"), settings.operator_address),
        Fact("OPERATOR_REGISTRATION", _("Immatriculation"), settings.operator_registration),
        Fact("OPERATOR_PHONE", _("Téléphone"), settings.operator_phone),
        Fact("OPERATOR_CONTACT", _("Courriel"), _mail("operator_contact")),
        Fact("PUBLICATION_DIRECTOR", _("Direction de la publication"), settings.publication_director),
    ]


def _host() -> list[Fact]:
    settings = _settings()
    return [
        Fact("HOSTING_PROVIDER", _("Hébergeur"), settings.hosting_provider),
        Fact("HOSTING_ADDRESS", _("Adresse de l’hébergeur"), settings.hosting_address),
        Fact("HOSTING_PHONE", _("Téléphone de l’hébergeur"), settings.hosting_phone),
    ]


def _contacts() -> list[Fact]:
    return [
        Fact("ABUSE_CONTACT", _("Contact des autorités"), _mail("abuse_contact")),
        Fact("PRIVACY_CONTACT", _("Contact pour les données personnelles"), _mail("privacy_contact")),
    ]


def _mail(name: str) -> str:
    """An address of the settings; one that was only derived from a loopback host is none."""
    address = str(getattr(_settings(), name))
    return "" if is_local_address(address) else address


def is_local_address(address: str) -> bool:
    """Whether a mail address was only derived from a loopback host: nobody reads there."""
    return address.endswith(LOCAL_ADDRESSES)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
