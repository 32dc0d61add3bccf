"""text-dedup as its page has it: MinHash over word 5-grams at .7, verified; it has no other stage. Two processes.

python -m benchmarks.peers.runners.text_dedup_pipeline TEXTS WORK
"""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.runners.texts import lines_in, report

CONFIG = """\
[input]
input_type = "local_files"
file_type = "json"

[input.read_arguments]
path = "json"
data_files = "{texts}/*.jsonl"
split = "train"

[algorithm]
algorithm_name = "minhash"
text_column = "text"
seed = 42
num_perm = 240
threshold = 0.7
ngram_size = 5
num_proc = 2
check_false_positive = true

[output]
output_dir = "{work}/kept"

[debug]
enable_profiling = false
"""
COUNT = "import sys, datasets; print(len(datasets.load_from_disk(sys.argv[1])))"


def main() -> None:
    """Run `python -m text_dedup.minhash` offline; print rows in and kept."""
    texts, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    (work / "config.toml").write_text(CONFIG.format(texts=texts, work=work))
    environment = {**os.environ, "HF_HOME": str(work / "home"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "text_dedup.minhash"]
    done = subprocess.run(command, cwd=work, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    kept = subprocess.run(
        [sys.executable, "-c", COUNT, str(work / "kept")], env=environment, capture_output=True, text=True, check=True
    )
    report(rows_in=lines_in(texts, "*.jsonl"), rows_kept=int(kept.stdout))


if __name__ == "__main__":
    main()
