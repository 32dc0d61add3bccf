#!/usr/bin/env bash
# What some tests drive and pip cannot bring, from Debian's packages; a machine that has it already is left alone.
# axe-core (the accessibility checker, from npm) goes into the virtual environment, where the tests look for it.
set -euo pipefail
venv=${1:-.venv}
declare -A wanted=([chromium]=chromium [tesseract]="tesseract-ocr tesseract-ocr-mar" [go]=golang-go [pdftoppm]=poppler-utils)

missing=()
for program in "${!wanted[@]}"; do
    command -v "$program" >/dev/null || missing+=(${wanted[$program]})
done
if command -v tesseract >/dev/null && ! tesseract --list-langs 2>/dev/null | grep -qx mar; then
    missing+=(tesseract-ocr-mar)
fi
if ((${#missing[@]})); then
    echo "installing ${missing[*]}"
    if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo); fi
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ ! -f "$venv/axe/node_modules/axe-core/axe.min.js" ] && command -v npm >/dev/null; then
    npm install --silent --no-audit --no-fund --prefix "$venv/axe" axe-core@4 >/dev/null
fi
