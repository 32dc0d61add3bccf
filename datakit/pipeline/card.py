"""The dataset card: `README.md` of a version, which also tells `datasets.load_dataset` where the splits are."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from datakit.lineage import Manifest

TEMPLATES: Final = Path(__file__).parent / "templates"
_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_KNOWN_LICENCES: Final = frozenset(
    [
        "apache-2.0",
        "mit",
        "cc0-1.0",
        "cc-by-4.0",
        "cc-by-sa-4.0",
        "cc-by-sa-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "gpl-3.0",
        "odbl",
        "odc-by",
    ]
)
"""The licence names of the Hugging Face hub; any other is `other` there, and stands in the table under its own name."""


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the card of a version into its folder."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["cell"] = _cell
    kept = manifest.counts["kept"]
    text = environment.get_template("card.md.jinja").render(
        manifest=manifest,
        identity=manifest.identity,
        counts=manifest.counts,
        licences=_licences(manifest),
        size=next((label for bound, label in _SIZES if kept < bound), "n>1M"),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _licences(manifest: Manifest) -> list[str]:
    found = {
        str(source["licence"]).lower() if source["licence"] else "unknown" for source in manifest.identity["sources"]
    }
    return sorted({licence if licence in _KNOWN_LICENCES or licence == "unknown" else "other" for licence in found})


def _cell(text: object) -> str:
    """Return text that cannot break out of a Markdown table cell."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
