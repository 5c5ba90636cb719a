"""Passwords: how strong one must be, how it is kept, how it is checked in a time that tells nothing."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.threads import run_off_hub

MIXED_LENGTH = 12
LONG_LENGTH = 14
PHRASE_WORDS = 7
RULE = _l(
    "12 caractères mêlant minuscules, majuscules, chiffres et signes, ou 14 avec des lettres et des chiffres, "
    "ou une phrase de 7 mots."
)
"""What a password must be, as forms say it beside the field."""

MAX_LENGTH = 256
"""Longer ones cost hashing time and protect no better."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Verified when the account is unknown, so that both answers take one hash; made with the hasher above.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$7j+AOLpwqsK92ETiPeD7Sg$eod557yqdgv1NC0R+xJX1nNK9BHjmqEdEB0ZrT1jEbc"

COMMON_WORDS = """
motdepasse password passe secret azerty qwerty qwertz azertyuiop qwertyuiop abc abcdef abcd admin administrateur
administrator root bonjour bonsoir salut soleil chocolat doudou loulou coucou chouchou jetaime iloveyou amour
princesse nicolas camille thomas marseille paris lyon toulouse bordeaux lille france football letmein welcome
bienvenue dragon monkey master sunshine superman batman pokemon naruto ordinateur internet google facebook
convergence industrie usine atelier machine fablab communaute entreprise societe decoupe laser fraiseuse metal
mecanique soudure chaudronnerie test demo demonstration utilisateur user invite compte connexion changeme
printemps ete automne hiver janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
lundi mardi mercredi jeudi vendredi samedi dimanche
"""
COMMON = frozenset(COMMON_WORDS.split())

LEET = str.maketrans("4@310!57$", "aaeioists")
"""Signs people put in the place of letters."""


@dataclass(frozen=True)
class Strength:
    """How strong a password is: `word` for the meter, `faults` as sentences; it is good when there are none."""

    bits: int
    word: str
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.faults


def hash_password(password: str) -> str:
    """Hash off the hub; never inside a transaction."""
    return run_off_hub(_hasher.hash, normal(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one hashed; a missing hash takes as long as a wrong password."""
    return run_off_hub(_matches, password_hash or _NOBODY, normal(password)) and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def normal(password: str) -> str:
    """The same password however the keyboard composed its accents, never of a length that hurts."""
    return unicodedata.normalize("NFKC", password)[: MAX_LENGTH * 4]


def strength(password: str, known: Iterable[str] = ()) -> Strength:
    """Judge a password; `known` are words anybody would try for this person: names, address, firm."""
    faults = []
    if len(password) > MAX_LENGTH:
        faults.append(_("Ce mot de passe dépasse %(count)d caractères : raccourcissez-le.", count=MAX_LENGTH))
    if not _is_long_enough(password):
        faults.append(_("Ce mot de passe est trop court ou trop simple."))
    elif _is_guessable(password, known):
        faults.append(
            _("Ce mot de passe fait partie des premiers que l’on essaierait. Choisissez-en un autre.")
        )
    bits = 0 if len(faults) and _is_guessable(password, known) else round(entropy(password))
    return Strength(bits, _word(bits, bool(faults)), tuple(faults))


def entropy(password: str) -> float:
    """An estimate in bits: variety of signs, discounted where the text repeats or follows itself."""
    if not password:
        return 0.0
    words = _words(password)
    if len(words) >= PHRASE_WORDS:
        # A word of a phrase is worth about a draw among four thousand.
        return 12.0 * len({word.casefold() for word in words})
    alphabet = sum(size for pattern, size in _CLASSES if pattern.search(password))
    return _effective_length(password) * math.log2(max(alphabet, 2))


_CLASSES = (
    (re.compile(r"[a-z]"), 26),
    (re.compile(r"[A-Z]"), 26),
    (re.compile(r"[0-9]"), 10),
    (re.compile(r"[^\w\s]|_"), 30),
    (re.compile(r"[^\x00-\x7f]"), 40),
    (re.compile(r"\s"), 1),
)


def _is_long_enough(password: str) -> bool:
    words = _words(password)
    if len(words) >= PHRASE_WORDS and len({word.casefold() for word in words}) >= PHRASE_WORDS - 1:
        return True
    has_cases = any(c.islower() for c in password) and any(c.isupper() for c in password)
    has_digit = any(c.isdigit() for c in password)
    has_sign = any(not c.isalnum() for c in password)
    if len(password) >= MIXED_LENGTH and has_cases and has_digit and has_sign:
        return True
    return len(password) >= LONG_LENGTH and has_digit and any(c.isalpha() for c in password)


def _is_guessable(password: str, known: Iterable[str]) -> bool:
    if len(_words(password)) >= PHRASE_WORDS:
        return _effective_length(password) < LONG_LENGTH
    if _effective_length(password) < 7:
        return True
    personal = {letters(word) for word in known if len(letters(word)) >= 3}
    rest = letters(password.translate(LEET))
    plain = letters(password)
    for text in (rest, plain):
        for word in sorted(personal | COMMON, key=len, reverse=True):
            text = text.replace(word, "")
        # What is left once known words are taken away must still be a secret of its own.
        if plain and len(text) < 5 and _digits_are_usual(password) and len(plain) - len(text) >= 3:
            return True
    return False


def _digits_are_usual(password: str) -> bool:
    runs = re.findall(r"\d+", password)
    return all(len(run) <= 4 or _effective_length(run) <= 4 for run in runs)


def _effective_length(text: str) -> float:
    """Length, counting a repeated sign or a step of a sequence (abc, 321) for a quarter."""
    total = 0.0
    for index, character in enumerate(text):
        step = ord(character) - ord(text[index - 1]) if index else None
        total += 0.25 if step is not None and step in (-1, 0, 1) else 1.0
    return min(total, 2.0 * len(set(text)))


def _words(password: str) -> list[str]:
    return [word for word in re.split(r"[\s\-_.,;:!?'’]+", password) if len(word) >= 2]


def letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isascii() and c.isalpha())


def _word(bits: int, has_faults: bool) -> str:
    if has_faults:
        return _("trop faible")
    if bits < 75:
        return _("correct")
    return _("solide") if bits < 100 else _("très solide")


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
