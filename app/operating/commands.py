"""The commands of those who run an installation."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from sqlalchemy import func, select

from app import create_app
from app.accounts import identities, passwords, queries
from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Node
from app.core import demo as demo_mark
from app.core import geography, identifiers, schema, things
from app.core.database import release, transaction
from app.core.errors import Refusal
from app.core.time import clock, day, in_words, local
from app.extensions import db
from app.moderation.registry import resolve
from app.operating import backup as backups
from app.operating.checks import run_checks


def _ask(name: str, given: str | None, **options: Any) -> str:
    return given if given is not None else click.prompt(name, **options)


@click.command()
@click.option("--email", help="Adresse du premier administrateur national.")
@click.option("--given-name", "given_name", help="Son prénom.")
@click.option("--family-name", "family_name", help="Son nom.")
@click.option("--password", help="Son mot de passe (demandé sans affichage s’il manque).")
@click.option("--community", help="Nom de la première communauté.")
@click.option("--town", help="Ville de la première communauté.")
@click.option("--department", help="Numéro de département de la première communauté (41, 2A, 974…).")
@click.option("--company", help="Nom de la première entreprise.")
@click.option("--siret", help="SIRET de la première entreprise.")
@click.option("--postcode", help="Code postal de la première entreprise.")
@click.option(
    "--activity", default="25.62B", show_default=True, help="Code d’activité (NAF) de l’entreprise."
)
@click.option(
    "--size", default="sme", show_default=True, type=click.Choice(["micro", "sme", "midcap", "large"])
)
def init(**given: Any) -> None:
    """Mettre en place une installation vide et réelle : administrateur, régions, première communauté, première entreprise."""
    app = create_app()
    with app.app_context():
        schema.upgrade()
        if db.session.execute(select(func.count()).select_from(User)).scalar_one():
            raise click.ClickException(
                "Cette installation a déjà des comptes : « init » ne sert qu’une fois."
            )
        release()
        email = _ask("Adresse de l’administrateur", given["email"])
        given_name = _ask("Prénom", given["given_name"])
        family_name = _ask("Nom", given["family_name"])
        password = _ask("Mot de passe", given["password"], hide_input=True, confirmation_prompt=True)
        strength = passwords.strength(password, known=[given_name, family_name, email])
        if not strength.is_good:
            raise click.ClickException(" ".join([*strength.faults, str(passwords.RULE)]))
        community = _ask("Première communauté", given["community"])
        town = _ask("Sa ville", given["town"])
        department = _ask("Son département", given["department"])
        company = _ask("Première entreprise", given["company"])
        siret = _ask("Son SIRET", given["siret"])
        postcode = _ask("Son code postal", given["postcode"])
        hashed = passwords.hash_password(password)
        try:
            with transaction():
                _found(
                    accounts.Profile(given_name=given_name, family_name=family_name, trade="Équipe nationale"),
                    email, hashed, community, town, department,
                    communities.CompanyShape(
                        name=company, siret=siret, size_class=given["size"], activity_code=given["activity"],
                        postcode=postcode, town=town,
                    ),
                )  # fmt: skip
        except (Refusal, identifiers.IdentifierError) as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo(
        "L’installation est prête. Lancez « convergence serve », puis connectez-vous avec cette adresse."
    )


def _found(
    profile: accounts.Profile,
    email: str,
    hashed: str,
    community: str,
    town: str,
    department: str,
    shape: communities.CompanyShape,
) -> None:
    root = communities.bootstrap_nation()
    admin = accounts.create_account(profile, email=email, password_hash=hashed, accepts_charter=True)
    communities.give_role(admin, "national_admin", root)
    forget_access()
    place = geography.region_of(department)
    if place is None:
        raise Refusal("Ce département n’existe pas.")
    region = db.session.execute(select(Node).where(Node.code == place.code)).scalar_one()
    node = communities.create_community(region, by=admin, name=community, town=town, department=department)
    forget_access()
    communities.open_community(node, by=admin)
    db.session.refresh(node)
    company = communities.register_company(shape, by=admin)
    communities.admit(communities.ask_for(company, node, requested_by=admin), by=admin)
    communities.employ(admin, company, job_title=profile.trade)
    communities.make_referent(company, admin, by=None)
    demo_mark.mark(is_demo=False)


@click.command()
@click.argument("email")
@click.option("--close", is_flag=True, help="Fermer le compte.")
@click.option("--set-password", is_flag=True, help="Donner un nouveau mot de passe (demandé sans affichage).")
@click.option(
    "--reset-second-factor",
    is_flag=True,
    help="Oublier le second facteur, à réinstaller à la prochaine connexion.",
)
def user(email: str, close: bool, set_password: bool, reset_second_factor: bool) -> None:
    """Voir un compte, le fermer, ou rendre l’accès à quelqu’un."""
    app = create_app()
    with app.app_context():
        found = queries.by_identifier(email)
        if found is None:
            raise click.ClickException(f"Aucun compte pour {email}.")
        user_id = found.id
        release()
        hashed = None
        if set_password:
            password = click.prompt("Nouveau mot de passe", hide_input=True, confirmation_prompt=True)
            hashed = passwords.hash_password(password)
        if close or hashed or reset_second_factor:
            with transaction():
                person = db.session.get_one(User, user_id)
                if hashed:
                    accounts.change_password(person, hashed)
                if reset_second_factor:
                    accounts.forget_second_factor(person)
                if close:
                    accounts.close_account(person)
        click.echo(_account_line(db.session.get_one(User, user_id)))


def _account_line(person: User) -> str:
    """An account in a line, with the number that `identity` asks for."""
    address = person.email or person.sign_in_name
    state = {"active": "ouvert", "suspended": "suspendu", "closed": "fermé"}[person.state]
    named = f"{person.name} ({address})" if address else person.name
    return f"Compte n° {person.id} : {named}, {state}, créé le {day(person.created_at, year=True)}"


@click.command()
@click.argument("what")
@click.option("--reason", help="Pourquoi vous l’ouvrez (demandé s’il manque) : gardé au journal des actes.")
def identity(what: str, reason: str | None) -> None:
    """Ouvrir l’identité gardée d’un compte fermé : son numéro, ou l’adresse d’un message qu’il a écrit.

    Pour répondre à la justice. L’ouverture et sa raison sont écrites au journal des actes.
    """
    app = create_app()
    with app.app_context():
        user_id = _account_meant(what)
        release()
        reason = _ask("Raison", reason)
        try:
            with transaction():
                known, erase_at = identities.open_one(user_id, reason=reason, operator=getpass.getuser())
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from refusal
    lines = {
        "Compte": user_id,
        "Nom": known["name"],
        "Adresse": known["email"],
        "Identifiant": known["sign_in_name"],
        "Téléphone": known["phone"],
        "Entreprises": ", ".join(known["firms"]),
        "Ouvert le": in_words(datetime.fromisoformat(known["opened_at"]), year=True),
        "Fermé le": in_words(datetime.fromisoformat(known["closed_at"]), year=True),
        "Sera effacé le": day(erase_at, year=True),
    }
    for name, value in lines.items():
        click.echo(f"{name} : {value or '—'}")


def _account_meant(what: str) -> int:
    """The account that a number names, or the author of the message that an address points at."""
    if what.isdigit():
        return int(what)
    parts = urlsplit(what)
    found = resolve(parts.path, parts.fragment)
    thing = things.describe_one(*found) if found is not None else None
    if thing is None or thing.author_id is None:
        raise click.ClickException("Ceci n’est ni un numéro de compte, ni l’adresse d’un message d’ici.")
    return thing.author_id


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def backup(path: Path) -> None:
    """Sauvegarder toute l’installation dans un fichier, sans l’arrêter."""
    app = create_app()
    with app.app_context():
        try:
            report = backups.write(path)
        except backups.BackupError as error:
            raise click.ClickException(str(error)) from error
    rows = sum(item.rows for item in report.tables.values())
    click.echo(f"Sauvegarde écrite dans {path} : {rows} lignes, {report.blobs} fichiers.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def restore(path: Path) -> None:
    """Restaurer une sauvegarde dans une installation vide, et vérifier que tout est égal."""
    app = create_app()
    with app.app_context():
        try:
            report = backups.restore(path)
        except backups.BackupError as error:
            raise click.ClickException(str(error)) from error
    rows = sum(item.rows for item in report.tables.values())
    click.echo(f"Restauré et vérifié : {rows} lignes et {report.blobs} fichiers, égaux à la sauvegarde.")


@click.command()
def check() -> None:
    """Vérifier l’installation : réglages, base, stockage, travaux, courriel, mentions légales."""
    app = create_app()
    with app.app_context():
        results = run_checks()
    for result in results:
        click.echo(f"{'✓' if result.is_good else '✗'} {result.name} : {result.sentence}")
    sys.exit(0 if all(result.is_good for result in results) else 1)


@click.command()
@click.option("--size", type=click.Choice(["small", "medium", "large"]), default="small", show_default=True)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="Le hasard choisi : même graine, mêmes données."
)
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="Le jour de la démonstration (aujourd’hui par défaut)."
)
@click.option("--describe", is_flag=True, help="Décrire en JSON ce que contient la démonstration en place.")
def demo(size: str, seed: int, today: Any, describe: bool) -> None:
    """Remplir une base vide avec la démonstration, ou décrire celle qui est en place."""
    from app.demo import describing, loading

    app = create_app()
    with app.app_context():
        if describe:
            if not schema.is_current() or not demo_mark.is_demo():
                raise click.ClickException("Cette base n’est pas une démonstration.")
            click.echo(json.dumps(describing.describe(), ensure_ascii=False, indent=2))
            return
        try:
            loading.load(size=size, seed=seed, today=today.date() if today else local(clock.now()).date())
        except (loading.NotEmpty, loading.Busy) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"La démonstration ({size}) est en place.")
