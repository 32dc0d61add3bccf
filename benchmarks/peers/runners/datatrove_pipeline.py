"""datatrove's closest pipeline: read, quality filters, MinHash deduplication in its four steps, write. Two workers.

    python -m benchmarks.peers.runners.datatrove_pipeline TEXTS WORK

No language filter: its models are downloads (fastText, GlotLID); it has less to do for that. The quality filters run
with bounds opened for short Marathi texts, as ours are: at their defaults, made for web pages, they reject nearly every
row and the deduplication would be free. MinHash as its README has it: word 5-grams, 14 buckets of 8 hashes.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# It runs in the peers' own environments, which the type checker does not see.

import sys
from pathlib import Path

from benchmarks.peers.runners.texts import lines_in, report

LANGUAGE = "mar_Deva"
WORKERS = 2


def main() -> None:
    """Run the pipeline; print rows in and kept."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    texts, work = Path(sys.argv[1]), Path(sys.argv[2])
    files = len(list(texts.glob("*.jsonl")))
    config = MinhashConfig()
    signatures, buckets, removed = (str(work / name) for name in ("signatures", "buckets", "removed"))
    filtered, kept = work / "filtered", work / "kept"
    steps = [
        (
            files,
            [
                JsonlReader(str(texts)),
                GopherRepetitionFilter(top_n_grams=((2, 1.0), (3, 1.0), (4, 1.0)), language=LANGUAGE),
                GopherQualityFilter(
                    min_doc_words=2,
                    min_avg_word_length=2,
                    max_avg_word_length=12,
                    max_non_alpha_words_ratio=0.5,
                    min_stop_words=0,
                    language=LANGUAGE,
                ),
                FineWebQualityFilter(
                    line_punct_thr=0, short_line_thr=1, char_duplicates_ratio=1, new_line_ratio=1, language=LANGUAGE
                ),
                JsonlWriter(str(filtered), compression=None),
            ],
        ),
        (
            files,
            [
                JsonlReader(str(filtered)),
                MinhashDedupSignature(output_folder=signatures, config=config, language=LANGUAGE),
            ],
        ),
        (config.num_buckets, [MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)]),
        (1, [MinhashDedupCluster(input_folder=buckets, output_folder=removed, config=config)]),
        (
            files,
            [
                JsonlReader(str(filtered)),
                MinhashDedupFilter(input_folder=removed),
                JsonlWriter(str(kept), compression=None),
            ],
        ),
    ]
    for number, (tasks, pipeline) in enumerate(steps):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=WORKERS, logging_dir=str(work / f"log{number}")).run()
    report(
        rows_in=lines_in(texts, "*.jsonl"),
        rows_after_filters=lines_in(filtered, "*.jsonl"),
        rows_kept=lines_in(kept, "*.jsonl"),
    )


if __name__ == "__main__":
    main()
