#!/bin/sh
# Create a virtual environment with the first Python on this machine that is new enough and whole.
#   make_venv.sh FOLDER        PYTHON=python3.12 in the environment names the interpreter instead
set -eu
folder=$1
probe='import sys; sys.exit(sys.version_info < (3, 11))'

chosen=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
    # run it, do not only look it up: version managers put commands on the path that refuse to start
    if "$candidate" -c "$probe" >/dev/null 2>&1; then
        chosen=$candidate
        break
    fi
done
if [ -z "$chosen" ]; then
    found=$(python3 --version 2>&1 || true)
    echo "make: found no Python 3.11 or newer (tried ${PYTHON:-python3, python3.11 to python3.14}; python3 says: $found)." >&2
    echo "Next: install one (Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv)," >&2
    echo "or name it: make curate PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! "$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$chosen" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "make: $chosen (Python $version) is there, but its modules venv and ensurepip are not; Debian and Ubuntu pack them apart." >&2
    echo "Next: sudo apt-get install python3-venv   (or python$version-venv), then run the same command again." >&2
    exit 1
fi
echo "creating $folder with $("$chosen" --version)"
"$chosen" -m venv --clear "$folder"
