#!/bin/sh
# Make the fonts of the quality report again: tools/subset_fonts.sh FOLDER
# FOLDER holds `files/` of the npm package @fontsource/tiro-devanagari-marathi (npm pack, then tar).
# Needs pyftsubset (PyPI: fonttools, brotli). The report embeds both files, so letters that it does not need are left out.
set -eu
from=${1:?"give the folder of the unpacked npm package"}/files/tiro-devanagari-marathi
to=$(dirname "$0")/../datakit/report/fonts
options="--layout-features=* --no-hinting --desubroutinize --flavor=woff2"

# Devanagari with all of its conjuncts, joiners, rupee sign, dotted circle.
pyftsubset "$from-devanagari-400-normal.woff2" $options --output-file="$to/devanagari.woff2" \
    --unicodes="U+0900-097F,U+200B-200D,U+20B9,U+25CC,U+A8FC,U+A8FD"
# Latin of the page's own words: ASCII and the typographic signs it uses.
pyftsubset "$from-latin-400-normal.woff2" $options --output-file="$to/latin.woff2" \
    --unicodes="U+0020-007E,U+00A0,U+00A7,U+00A9,U+00AB,U+00B7,U+00BB,U+00D7,U+2009,U+2013,U+2014,U+2018-201A,U+201C-201E,U+2022,U+2026,U+2032,U+2033,U+2212"
