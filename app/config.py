"""Every setting, read from the environment and validated before anything starts.

Faults are gathered and told together, one French sentence each: whoever installs the product mends them in one go.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(Exception):
    """Settings that keep the product from starting; `faults` holds one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """What the environment asked for, already checked."""

    data_dir: Path
    database_url: str
    redis_url: str | None
    blob_url: str
    secret_key: str = field(repr=False)
    sealing_key: str = field(repr=False)
    identity_months: int
    inactive_months: int
    host: str
    port: int
    public_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: int
    web_workers: int
    job_workers: int
    max_body_bytes: int
    rate_limits: bool
    demo_on_network: bool
    development: bool
    time_zone: str
    log_level: str
    log_format: str
    smtp_url: str | None
    mail_from: str
    product_name: str
    operator_name: str
    operator_legal_form: str
    operator_address: str
    operator_contact: str
    operator_phone: str
    operator_registration: str
    publication_director: str
    hosting_provider: str
    hosting_address: str
    hosting_phone: str
    abuse_contact: str
    security_contact: str
    privacy_contact: str

    @property
    def is_sqlite(self) -> bool:
        """Whether the data lives in one local file."""
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def is_embedded(self) -> bool:
        """Whether everything lives in this machine's data folder, without PostgreSQL or Redis."""
        return self.is_sqlite and self.redis_url is None

    @property
    def is_secure(self) -> bool:
        """Whether people reach the product over TLS."""
        return self.public_url.startswith("https://")

    def for_flask(self) -> dict[str, Any]:
        """The keys of `app.config`: every setting in capitals, and what the extensions read."""
        own = {name.name.upper(): getattr(self, name.name) for name in fields(self)}
        public = urlsplit(self.public_url)
        return own | {
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self._engine_options(),
            "SERVER_NAME": public.netloc,
            "PREFERRED_URL_SCHEME": public.scheme,
            "TRUSTED_HOSTS": list(self.allowed_hosts),
            "TEMPLATES_AUTO_RELOAD": self.development,
            "MAX_CONTENT_LENGTH": self.max_body_bytes,
            "MAX_FORM_MEMORY_SIZE": 1_000_000,
            "SESSION_COOKIE_NAME": "__Host-session" if self.is_secure else "session",
            "SESSION_COOKIE_SECURE": self.is_secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.is_secure,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            # Tokens live as long as the session: a form left open overnight must still be accepted.
            "WTF_CSRF_TIME_LIMIT": None,
            # Some company proxies strip the Referer; the token and SameSite stand without it.
            "WTF_CSRF_SSL_STRICT": False,
        }

    def for_socketio(self, *, served: bool) -> dict[str, Any]:
        """Arguments of `socketio.init_app`. The driver is named: left alone, it depends on what is importable."""
        return {
            "async_mode": "gevent" if served else "threading",
            "message_queue": self.redis_url,
            "transports": ["websocket"],
            "always_connect": True,
            "cors_allowed_origins": list(self.allowed_origins),
            "manage_session": False,
            "max_http_buffer_size": 100_000,
            "ping_interval": 25,
            "ping_timeout": 20,
        }

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins whose pages may open a socket: the public address, under its loopback names where it has some."""
        public = urlsplit(self.public_url)
        if public.hostname not in LOOPBACK:
            return (self.public_url,)
        port = f":{public.port}" if public.port else ""
        return tuple(f"{public.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    def _engine_options(self) -> dict[str, Any]:
        if self.is_sqlite:
            # busy timeout 0: waiting in C would freeze every greenlet; `transaction()` waits cooperatively.
            # The connection given back last is taken first: its cache is warm, and the others' stay small.
            return {
                "connect_args": {"timeout": 0},
                "pool_size": 20,
                "max_overflow": 40,
                "pool_use_lifo": True,
            }
        return {
            "pool_size": 10,
            "max_overflow": 10,
            "pool_timeout": 10,
            "pool_pre_ping": True,
            "pool_recycle": 1800,
            # One snapshot a page, as on SQLite: what a page says it knows of its scopes and what it shows are of one
            # instant. `transaction()` writes under READ COMMITTED, where each statement sees what was just committed.
            "isolation_level": "REPEATABLE READ",
        }


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises `SettingsError` with every fault at once."""
    reader = _Reader(os.environ if environ is None else environ)
    settings = _read(reader)
    if not reader.faults:
        reader.faults.extend(_contradictions(settings))
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings


def migrations_directory() -> Path:
    """Where the migrations lie: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).resolve().parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def _read(env: _Reader) -> Settings:
    data_dir = Path(env.text("DATA_DIR", "var")).expanduser().absolute()
    database_url = env.database_url(data_dir)
    redis_url = env.url("REDIS_URL", ("redis", "rediss", "unix"))
    host = env.text("HOST", "127.0.0.1")
    port = env.integer("PORT", 8000, low=1, high=65535)
    public_url = env.public_url(host, port)
    public_host = urlsplit(public_url).hostname or ""
    hosts = [
        *env.words("ALLOWED_HOSTS"),
        public_host,
        *(LOOPBACK if public_host in LOOPBACK else ("127.0.0.1",)),
    ]
    embedded = database_url.startswith("sqlite") and redis_url is None
    name = env.text("PRODUCT_NAME", "Convergence")
    contact = env.text("OPERATOR_CONTACT", f"contact@{public_host}")
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        redis_url=redis_url,
        blob_url=env.url("BLOB_URL", ("file", "s3")) or (data_dir / "blobs").as_uri(),
        secret_key=env.secret_key(data_dir, embedded=embedded),
        sealing_key=env.sealing_key(),
        identity_months=env.integer("IDENTITY_MONTHS", 12, low=0, high=60),
        inactive_months=env.inactive_months(),
        host=host,
        port=port,
        public_url=public_url,
        allowed_hosts=tuple(dict.fromkeys(hosts)),
        trusted_proxies=env.integer("TRUSTED_PROXIES", 0, low=0, high=10),
        web_workers=env.integer("WEB_WORKERS", 1, low=1, high=64),
        job_workers=env.integer("JOB_WORKERS", 2, low=1, high=64),
        max_body_bytes=env.integer("MAX_BODY_BYTES", 25_000_000, low=100_000, high=1_000_000_000),
        rate_limits=env.flag("RATE_LIMITS", default=True),
        demo_on_network=env.flag("DEMO_ON_NETWORK", default=False),
        development=env.flag("DEVELOPMENT", default=False),
        time_zone=env.time_zone(),
        log_level=env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        log_format=env.choice("LOG_FORMAT", "text", ("text", "json")),
        smtp_url=env.url("SMTP_URL", ("smtp", "smtps", "smtp+starttls")),
        mail_from=env.mail_from(name, public_host),
        product_name=name,
        operator_name=env.text("OPERATOR_NAME", ""),
        operator_legal_form=env.text("OPERATOR_LEGAL_FORM", ""),
        operator_address=env.text("OPERATOR_ADDRESS", ""),
        operator_contact=contact,
        operator_phone=env.text("OPERATOR_PHONE", ""),
        operator_registration=env.text("OPERATOR_REGISTRATION", ""),
        publication_director=env.text("PUBLICATION_DIRECTOR", ""),
        hosting_provider=env.text("HOSTING_PROVIDER", ""),
        hosting_address=env.text("HOSTING_ADDRESS", ""),
        hosting_phone=env.text("HOSTING_PHONE", ""),
        abuse_contact=env.text("ABUSE_CONTACT", contact),
        security_contact=env.text("SECURITY_CONTACT", contact),
        privacy_contact=env.text("PRIVACY_CONTACT", contact),
    )


def _contradictions(settings: Settings) -> list[str]:
    """Settings that are each valid and cannot stand together."""
    faults = []
    if settings.web_workers > 1 and settings.is_sqlite:
        faults.append(
            f"WEB_WORKERS vaut {settings.web_workers}, mais SQLite n’admet qu’un seul processus web : "
            "passez à PostgreSQL (DATABASE_URL) ou revenez à 1."
        )
    if settings.blob_url.startswith("s3://") and importlib.util.find_spec("obstore") is None:
        faults.append(
            "BLOB_URL désigne un seau S3, mais la bibliothèque obstore manque : installez convergence[s3] "
            "(requirements-s3.lock)."
        )
    if settings.web_workers > 1 and settings.redis_url is None:
        faults.append(
            f"WEB_WORKERS vaut {settings.web_workers}, mais sans Redis un message n’atteindrait que les pages d’un "
            "seul processus : indiquez REDIS_URL ou revenez à 1."
        )
    return faults


class _Reader:
    """Reads one variable at a time and remembers what is wrong; an empty variable counts as absent."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def words(self, name: str) -> list[str]:
        return [word for word in self.text(name, "").replace(",", " ").split() if word]

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            self.faults.append(f"{name} doit être un nombre entier : « {raw} » n’en est pas un.")
            return default
        if not low <= value <= high:
            self.faults.append(f"{name} doit être compris entre {low} et {high} : « {raw} » ne l’est pas.")
            return default
        return value

    def inactive_months(self) -> int:
        months = self.integer("INACTIVE_MONTHS", 24, low=0, high=60)
        if 0 < months < 6:
            self.faults.append(
                "INACTIVE_MONTHS vaut 0 (jamais) ou au moins 6 : deux avertissements d’un mois précèdent la fermeture."
            )
        return months

    def flag(self, name: str, *, default: bool) -> bool:
        raw = self.text(name, "oui" if default else "non").lower()
        if raw not in _YES | _NO:
            self.faults.append(f"{name} doit valoir « oui » ou « non » : « {raw} » n’est ni l’un ni l’autre.")
        return raw in _YES

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        raw = self.text(name, default).lower()
        if raw not in allowed:
            known = ", ".join(allowed)
            self.faults.append(
                f"{name} doit être l’une de ces valeurs : {known} ; « {raw} » n’en est pas une."
            )
            return default
        return raw

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        raw = self.text(name, "")
        if raw and urlsplit(raw).scheme not in schemes:
            known = ", ".join(f"{scheme}://" for scheme in schemes)
            # The value may hold a password: it is not repeated.
            self.faults.append(f"{name} doit être une adresse commençant par {known}.")
            return None
        return raw or None

    def database_url(self, data_dir: Path) -> str:
        default = f"sqlite:///{data_dir / 'convergence.sqlite3'}"
        raw = self.text("DATABASE_URL", default)
        scheme, separator, rest = raw.partition("://")
        backend = scheme.partition("+")[0]
        if not separator:
            self.faults.append(
                "DATABASE_URL n’est pas une adresse de base de données (sqlite:///… ou postgresql://…)."
            )
            return default
        if backend in ("postgresql", "postgres"):
            return f"postgresql+psycopg://{rest}"
        if backend != "sqlite":
            self.faults.append(
                f"DATABASE_URL désigne « {backend} » : seuls SQLite et PostgreSQL sont pris en charge."
            )
            return default
        path = rest.removeprefix("/").partition("?")[0]
        if not path or path == ":memory:":
            self.faults.append("DATABASE_URL désigne une base SQLite en mémoire : indiquez un fichier.")
            return default
        return f"sqlite:///{Path(path).absolute()}"

    def public_url(self, host: str, port: int) -> str:
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not listened on
        raw = self.text("PUBLIC_URL", f"http://{shown}:{port}").rstrip("/")
        parts = urlsplit(raw)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            self.faults.append(
                f"PUBLIC_URL doit être l’adresse que l’on tape, sans chemin, comme https://convergence.exemple.fr : "
                f"« {raw} » ne convient pas."
            )
            return f"http://127.0.0.1:{port}"
        return raw

    def mail_from(self, name: str, public_host: str) -> str:
        raw = self.text("MAIL_FROM", f"{name} <ne-pas-repondre@{public_host}>")
        if "@" not in raw or "\n" in raw or "\r" in raw:
            self.faults.append(
                f"MAIL_FROM doit contenir une adresse de courriel : « {raw} » n’en contient pas."
            )
        return raw

    def time_zone(self) -> str:
        raw = self.text("TIME_ZONE", "Europe/Paris")
        try:
            zoneinfo.ZoneInfo(raw)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self.faults.append(f"TIME_ZONE doit être un fuseau comme Europe/Paris : « {raw} » est inconnu.")
            return "Europe/Paris"
        return raw

    def secret_key(self, data_dir: Path, *, embedded: bool) -> str:
        raw = self.text("SECRET_KEY", "")
        if raw:
            if len(raw) < 32:
                self.faults.append(
                    "SECRET_KEY est trop courte : il faut au moins 32 caractères tirés au hasard."
                )
            return raw
        if not embedded:
            self.faults.append(
                "SECRET_KEY manque : avec PostgreSQL ou Redis, donnez la même clé à tous les processus "
                "(32 caractères au hasard ou plus)."
            )
            return ""
        return self._kept_secret(data_dir / "secret-key")

    def sealing_key(self) -> str:
        keys = self.words("SEALING_KEY")
        if any(len(key) < 32 for key in keys):
            self.faults.append(
                "SEALING_KEY contient une clé trop courte : il faut au moins 32 caractères tirés au hasard, sans espace."
            )
        return " ".join(keys)

    def _kept_secret(self, path: Path) -> str:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                # Exclusive: two processes starting together must end up with the same key.
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                return path.read_text(encoding="ascii").strip()
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            self.faults.append(
                f"DATA_DIR ne peut pas recevoir de fichiers ({path.parent}) : {error.strerror}."
            )
            return ""


_YES = {"oui", "yes", "true", "on", "1"}
_NO = {"non", "no", "false", "off", "0"}
