"""Every engine there is, by the name that `--engine` and a recipe use.

One file each; the package that it wraps is imported on first use.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Final

from datakit.errors import MissingDependencyError, UsageError
from datakit.langid.guess import Guesses

Engine = Callable[[Sequence[str]], Guesses]

DEFAULT: Final = "aurora"
ENGINES: Final[dict[str, str]] = {
    "aurora": "datakit.langid.engines.aurora",
    "pycld2": "datakit.langid.engines.cld2",
    "py3langid": "datakit.langid.engines.langid_py",
    "langdetect": "datakit.langid.engines.langdetect_seeded",
    "langdetect-rs": "datakit.langid.engines.langdetect_rust",
}
"""Name → the module whose `identify` does the work."""


def engine_named(name: str) -> Engine:
    """Return the engine of that name.

    Errors: `UsageError` with the nearest name; `MissingDependencyError` with the line that installs its package.
    """
    if name not in ENGINES:
        near = get_close_matches(name, ENGINES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"no language engine is called {name!r}; {hint}there are: {', '.join(ENGINES)}")
    try:
        identify: Engine = import_module(ENGINES[name]).identify
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"the language engine {name} needs the package {error.name}, which is not installed; "
            "pip install 'ancient-aurora[engines]', or take the default engine aurora"
        ) from error
    return identify
