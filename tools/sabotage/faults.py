"""The faults: each one line of the source, each a mistake that somebody could make in good faith."""

from typing import Final

from tools.sabotage.fault import Fault

FAULTS: Final = (
    Fault(
        name="canonical JSON keeps the keys in the order they came",
        file="datakit/lineage/identity.py",
        old="sort_keys=True",
        new="sort_keys=False",
        tests=("tests/lineage",),
    ),
    Fault(
        name="canonical JSON does not compose letters",
        file="datakit/lineage/identity.py",
        old='        return unicodedata.normalize("NFC", value)',
        new="        return value",
        tests=("tests/lineage",),
    ),
    Fault(
        name="verify looks at sizes and not at digests",
        file="datakit/lineage/manifest.py",
        old='(found := sha256_file(path)) != entry["sha256"]',
        new='(found := entry["sha256"]) != entry["sha256"]',
        tests=("tests/lineage",),
    ),
    Fault(
        name="verify overlooks a file that was added",
        file="datakit/lineage/manifest.py",
        old="sorted(present - known)",
        new="sorted(known - present - known)",
        tests=("tests/lineage",),
    ),
    Fault(
        name="the root of a split depends on the order of its rows",
        file="datakit/lineage/identity.py",
        old="for digest in sorted(digests)",
        new="for digest in digests",
        tests=("tests/lineage",),
    ),
    Fault(
        name="a later stage overwrites the reason of an earlier one",
        file="datakit/stage.py",
        old='batch.select(pl.when(is_live()).then(which).alias("fault"))',
        new='batch.select(which.alias("fault"))',
        tests=("tests/stage",),
    ),
    Fault(
        name="the id of a row depends on the file it was found in",
        file="datakit/stages/chat.py",
        old="ids = [row_id(turns) for turns in self.messages(batch)]",
        new='ids = [row_id([*turns, {"role": file}]) for turns, file in zip(self.messages(batch), batch["file"])]',
        tests=("tests/stages/test_chat.py",),
    ),
    Fault(
        name="the split looks at questions and not at passages",
        file="datakit/stages/split.py",
        old='for key in ("split.question", "passage")',
        new='for key in ("split.question",)',
        tests=("tests/stages/test_split.py",),
    ),
    Fault(
        name="the split forgets where the version before placed a row",
        file="datakit/stages/split.py",
        old='pl.coalesce("before", "split")',
        new='pl.coalesce("split", "before")',
        tests=("tests/stages/test_split.py",),
    ),
    Fault(
        name="the JSONL reader stops at the first bad line",
        file="datakit/readers/jsonl.py",
        old="            yield reject(place, value.reason, value.detail, data)",
        new="            yield reject(place, value.reason, value.detail, data)\n            return",
        tests=("tests/readers/test_jsonl.py",),
    ),
    Fault(
        name="a batch comes out in another order than it went in",
        file="datakit/pipeline/rows.py",
        old='rows = pl.concat([live, *rejected]).sort("__row")',
        new="rows = pl.concat([live, *rejected])",
        tests=("tests/pipeline/test_rows.py",),
    ),
    Fault(
        name="rejected rows are not written to the version",
        file="datakit/pipeline/release.py",
        old='_spill(rejected.select(REJECTED_COLUMNS), spill / "rejected", number)',
        new='_spill(rejected.select(REJECTED_COLUMNS).head(0), spill / "rejected", number)',
        tests=("tests/store/test_verify.py",),
    ),
    Fault(
        name="a published version can be written to",
        file="datakit/store/publish.py",
        old="path.chmod(0o444)",
        new="path.chmod(0o644)",
        tests=("tests/store/test_verify.py",),
    ),
    Fault(
        name="verify does not recompute the ids of rows",
        file="datakit/store/verify.py",
        old="if row_id(messages) != name:",
        new="if len(row_id(messages)) != len(name):",
        tests=("tests/store/test_verify.py",),
    ),
    Fault(
        name="a version is copied into place file by file",
        file="datakit/store/publish.py",
        old="build.rename(final)",
        new='__import__("shutil").copytree(build, final)',
        tests=("tests/store/test_publish_moments.py",),
    ),
    Fault(
        name="normalize drops the joiner and forgets the eyelash ra",
        file="datakit/devanagari/tables/word.tsv",
        old="eyelash_zwj\t\u0930\u094d\\u200D\t\u0931\u094d\t",
        new="eyelash_zwj\t\u0930\u094d\\u200D\t\u0930\u094d\t",
        tests=("tests/devanagari/test_cases.py",),
    ),
    Fault(
        name="an answer of one word is no answer",
        file="datakit/stages/length.py",
        old='"answer_too_long", answer > article,',
        new='"answer_too_long", (answer > article) | (answer < 10),',
        tests=("tests/stages/test_golden.py",),
    ),
)
