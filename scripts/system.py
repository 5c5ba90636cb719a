"""See to it that the programs the tests drive are installed: Chromium, PostgreSQL, Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "redis-server": ("redis-server",),
    "postgresql": ("initdb",),
}


def main() -> int:
    missing = [package for package, programs in PACKAGES.items() if not is_present(package, programs)]
    if not missing:
        return 0
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        print(
            f"Il manque aux essais : {', '.join(missing)}. Installez-les avec le gestionnaire de paquets du système "
            f"(sous Debian, en administrateur : apt-get install {' '.join(missing)})."
        )
        return 1
    print(f"Installation de {', '.join(missing)}…", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(f"« {' '.join(command)} » a échoué :\n{done.stdout[-2000:]}")
            return 1
    return 0


def is_present(package: str, programs: tuple[str, ...]) -> bool:
    if package == "postgresql" and list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return True
    return any(shutil.which(program) for program in programs)


if __name__ == "__main__":
    sys.exit(main())
