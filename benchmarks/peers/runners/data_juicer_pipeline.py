"""data-juicer's closest pipeline: repair, clean and filter texts, exact and MinHash deduplication. Two processes.

    python -m benchmarks.peers.runners.data_juicer_pipeline TEXTS WORK

No language filter: its fastText model is a download; it has less to do for that. Bounds are opened for short Marathi
texts, as ours are. MinHash by words, its default and faster than by characters.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.runners.texts import lines_in, report

RECIPE = """\
project_name: aurora
dataset_path: {texts}
export_path: {work}/kept.jsonl
work_dir: {work}
np: 2
open_tracer: false
use_cache: false
skip_op_error: false
process:
  - fix_unicode_mapper: {{normalization: NFC}}
  - whitespace_normalization_mapper:
  - punctuation_normalization_mapper:
  - text_length_filter: {{min_len: 5, max_len: 100000}}
  - words_num_filter: {{min_num: 2, max_num: 100000}}
  - character_repetition_filter: {{rep_len: 10, max_ratio: 0.9}}
  - word_repetition_filter: {{rep_len: 3, max_ratio: 0.9}}
  - special_characters_filter: {{min_ratio: 0.0, max_ratio: 0.9}}
  - alphanumeric_filter: {{min_ratio: 0.1}}
  - document_deduplicator:
  - document_minhash_deduplicator: {{tokenization: space, jaccard_threshold: 0.8}}
"""


def main() -> None:
    """Run `dj-process` offline; print rows in and kept."""
    texts, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    recipe = work / "recipe.yaml"
    recipe.write_text(RECIPE.format(texts=texts, work=work))
    home = work / "home"  # its caches and logs stay in the work folder
    home.mkdir()
    # No hub is asked for anything, and no package is fetched while it runs.
    settings = {"HOME": home, "HF_HUB_OFFLINE": "1", "UV_OFFLINE": "1", "DATA_JUICER_CACHE_HOME": home / "cache"}
    program = Path(sys.executable).with_name("dj-process")
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    done = subprocess.run([program, "--config", recipe], cwd=work, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    report(rows_in=lines_in(texts, "*.jsonl"), rows_kept=lines_in(work, "kept.jsonl"))
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
