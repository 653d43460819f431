#!/bin/sh
# Make the environment in .venv from the lock file. Called by make; changes nothing outside this folder.
set -eu
cd "$(dirname "$0")"

fail() { echo "setup: $1" >&2; exit 1; }

command -v git >/dev/null || fail "git is missing; install it (for instance: apt install git) and run make again."
command -v "$PYTHON" >/dev/null || fail "$PYTHON is missing; install Python 3.11 or newer, or name one: make PYTHON=python3.12 book"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$PYTHON is $("$PYTHON" -V); this book needs Python 3.11 or newer. Name one: make PYTHON=python3.12 book"
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$PYTHON lacks its venv module; install it (for instance: apt install python3-venv) and run make again."

if [ ! -x .venv/bin/python ]; then
  echo "Making an environment in .venv with $("$PYTHON" -V) …"
  "$PYTHON" -m venv .venv
fi
locked() { sed -n "/^$1==/,/[^\\\\]\$/p" requirements.txt; }
if [ ! -x .venv/bin/uv ]; then
  locked uv > .venv/uv.txt
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
fi

# A file name can't be both locked by hash and taken from another index: with a torch backend chosen,
# torch's own packages come without hashes and all others as locked.
echo "Installing the locked packages (about 5 GB with torch for GPUs; TORCH_BACKEND=cpu make book needs 1.5 GB) …"
uv() { .venv/bin/uv pip "$@" --python .venv/bin/python; }
if [ -z "${TORCH_BACKEND:-}" ]; then
  uv install --require-hashes --requirements requirements.txt
else
  awk '/^[a-z]/ { keep = !/^(torch|torchvision|triton|nvidia-[^=]*|cuda-[^=]*)==/ } keep' requirements.txt > .venv/without-torch.txt
  uv install --no-deps --require-hashes --requirements .venv/without-torch.txt
  uv install --torch-backend "$TORCH_BACKEND" $(sed -nE 's/^(torch|torchvision)==([^ ]+).*/\1==\2/p' requirements.txt)
fi
uv install --quiet --no-deps --no-build-isolation --editable .
# Compiled once here, for every page would compile what it imports; files for other versions of Python do not compile.
.venv/bin/python -m compileall -q -j 0 .venv/lib > /dev/null 2>&1 || true
