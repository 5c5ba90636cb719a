"""The numbers the State gives to companies (SIREN) and to their sites (SIRET)."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from stdnum.fr import siren as siren_rules
from stdnum.fr import siret as siret_rules

from app.core.errors import Refusal

_FILLERS = re.compile(r"[\s.\-–\u00a0\u202f]+")


class IdentifierError(Refusal, ValueError):
    """A number that cannot be right; the sentence says what is wrong with it."""


def validate_siren(text: str, *, field: str | None = "siren") -> str:
    """The nine digits of a SIREN. Raises `IdentifierError`, which is a `Refusal`, with a sentence for the person."""
    digits = _FILLERS.sub("", text)
    if not digits:
        raise IdentifierError(_("Indiquez le numéro SIREN de l’entreprise : neuf chiffres."), field=field)
    _check_digits(digits, _("Un numéro SIREN ne contient que des chiffres."), field)
    if len(digits) == 14:
        raise IdentifierError(
            _(
                "Ce numéro compte 14 chiffres : c’est un SIRET. Le SIREN en est le début : %(siren)s.",
                siren=digits[:9],
            ),
            field=field,
        )
    if len(digits) != 9:
        raise IdentifierError(
            _("Un numéro SIREN compte neuf chiffres ; vous en avez saisi %(count)s.", count=len(digits)),
            field=field,
        )
    # Nine zeros satisfy the key, and belong to nobody.
    if not digits.strip("0") or not siren_rules.is_valid(digits):
        raise IdentifierError(
            _("Ce numéro SIREN n’existe pas : sa clé de contrôle est fausse. Vérifiez chaque chiffre."),
            field=field,
        )
    return digits


def validate_siret(text: str, *, siren: str | None = None, field: str | None = "siret") -> str:
    """The fourteen digits of a SIRET, of the company `siren` when given. Raises `IdentifierError`.

    La Poste's own establishments follow another key, which is known here.
    """
    digits = _FILLERS.sub("", text)
    if not digits:
        raise IdentifierError(
            _("Indiquez le numéro SIRET de l’établissement : quatorze chiffres."), field=field
        )
    _check_digits(digits, _("Un numéro SIRET ne contient que des chiffres."), field)
    if len(digits) == 9:
        raise IdentifierError(
            _(
                "Ce numéro compte 9 chiffres : c’est un SIREN. Le SIRET y ajoute les cinq chiffres de l’établissement."
            ),
            field=field,
        )
    if len(digits) != 14:
        raise IdentifierError(
            _("Un numéro SIRET compte quatorze chiffres ; vous en avez saisi %(count)s.", count=len(digits)),
            field=field,
        )
    if not digits[:9].strip("0") or not siret_rules.is_valid(digits):
        raise IdentifierError(
            _("Ce numéro SIRET n’existe pas : sa clé de contrôle est fausse. Vérifiez chaque chiffre."),
            field=field,
        )
    if siren is not None and digits[:9] != siren:
        raise IdentifierError(
            _("Ce SIRET n’est pas celui d’un établissement de l’entreprise %(siren)s.", siren=spaced(siren)),
            field=field,
        )
    return digits


def spaced(digits: str) -> str:
    """A SIREN or SIRET as people read it: 999 000 011 00018, on one line."""
    parts = [digits[0:3], digits[3:6], digits[6:9], digits[9:]]
    return "\N{NO-BREAK SPACE}".join(part for part in parts if part)


def _check_digits(digits: str, sentence: str, field: str | None) -> None:
    # str.isdigit alone would take Arabic or superscript digits.
    if not (digits.isascii() and digits.isdigit()):
        raise IdentifierError(sentence, field=field)
