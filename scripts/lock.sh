#!/bin/sh
# Recompile every lock from pyproject.toml. Add --upgrade to move to the newest versions.
set -eu
cd "$(dirname "$0")/.."
uv=.bootstrap/uv/bin/uv
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "$@"; }

compile "$@" pyproject.toml -o requirements.lock
compile "$@" --extra s3 -c requirements.lock pyproject.toml -o requirements-s3.lock
compile "$@" --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
for group in build uv node; do
    compile "$@" --no-annotate --group "$group" -o "requirements-$group.lock"
done
