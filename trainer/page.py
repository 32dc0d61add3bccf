"""HTML pages: everything inside the one file, every value escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent / "pages"


def render_page(name: str, values: Mapping[str, Any]) -> str:
    """Return `pages/<name>.html.jinja` filled in; SVG made by `chart` is passed as `Markup`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((_FOLDER / "style.css").read_text(encoding="utf-8"))
    return made.get_template(f"{name}.html.jinja").render(style=style, **values)
