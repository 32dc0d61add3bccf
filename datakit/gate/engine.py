"""Great Expectations, quarantined: the one file that imports it, with its telemetry off and its tracebacks kept out."""

import importlib.util
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import MissingDependencyError, UsageError
from datakit.gate.expectation import Expectation

if TYPE_CHECKING:
    import pandas as pd

PLACE: Final = ("id", "file", "locator")
SHOWN: Final = 5
"""Rows of a failed expectation that are named, as many as the report shows of a reject reason."""
_PACKAGES: Final = ("great_expectations", "pandas")
_SILENT: Final = {"GX_ANALYTICS_ENABLED": "false"}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a run."""

    suite: dict[str, Any]
    result: dict[str, Any]
    seconds: float
    import_seconds: float


def require_engine() -> None:
    """Look whether the packages are there, without loading them. Errors: `MissingDependencyError`."""
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise MissingDependencyError(
                f"the release gate needs {package}, which is not installed;"
                " pip install 'ancient-aurora[gate]', or curate with --no-gate"
            )


def known_types() -> list[str]:
    """Return the names of all expectations there are. Errors: `MissingDependencyError`."""
    gx, _ = _imported()
    classes = (getattr(gx.expectations, name) for name in dir(gx.expectations) if name.startswith("Expect"))
    return sorted({one.expectation_type for one in classes if getattr(one, "expectation_type", None)})


def run(name: str, expectations: Sequence[Expectation], table: "pd.DataFrame") -> Ran:
    """Check a table and return suite and result as JSON values.

    All expectations are checked for yes or no first, which takes a tenth of the time; only those that fail are checked
    again for the rows they fail on. Errors: `MissingDependencyError` without Great Expectations, `UsageError` for an
    expectation whose arguments it refuses.
    """
    began = time.perf_counter()
    gx, import_seconds = _imported()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    suite = _suite(gx, name, expectations)
    asset = context.data_sources.add_pandas("release").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    quick = batch.validate(suite, result_format="BASIC").to_json_dict()
    failed = {_id(one) for one in quick["results"] if not one["success"]}
    slow: dict[str, Any] = {}
    if failed:
        again = _suite(gx, name, [one for one in expectations if one.id in failed])
        index = [column for column in PLACE if column in table.columns]
        form = {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN, "unexpected_index_column_names": index}
        slow = {_id(one): one for one in batch.validate(again, result_format=form).to_json_dict()["results"]}
    by_id = {_id(one): slow.get(_id(one), one) for one in quick["results"]}
    result = {
        "success": quick["success"],
        "suite_name": quick["suite_name"],
        "statistics": quick["statistics"],
        "results": [_plain(by_id[one.id]) for one in expectations],
        "meta": {"great_expectations_version": gx.__version__, "rows": len(table)},
    }
    return Ran(
        suite=suite.to_json_dict(),
        result=result,
        seconds=time.perf_counter() - began,
        import_seconds=import_seconds,
    )


def _imported() -> tuple[Any, float]:
    """Return Great Expectations and the seconds its import took: 2 to 8, none where it is there already."""
    began = time.perf_counter()
    os.environ.update(_SILENT)  # it reads this while it is imported, and nowhere else can it be told in time
    require_engine()
    import great_expectations as gx
    import great_expectations.expectations

    return gx, time.perf_counter() - began


def _suite(gx: Any, name: str, expectations: Sequence[Expectation]) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    made = []
    for one in expectations:
        try:
            made.append(ExpectationConfiguration(**one.config()).to_domain_obj())
        except Exception as error:
            first = re.sub(r"\s+", " ", str(error))[:300]
            raise UsageError(f"expectation {one.id} ({one.type}): its arguments are refused: {first}") from error
    return gx.ExpectationSuite(name=name, expectations=made)  # `add_expectation` would drop one that equals another


def _id(result: Mapping[str, Any]) -> str:
    return str(result["expectation_config"]["meta"]["id"])


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without what differs between machines: batch names, and tracebacks with their paths."""
    config = dict(result["expectation_config"])
    config["kwargs"] = {key: value for key, value in config["kwargs"].items() if key != "batch_id"}
    return {
        "success": result["success"],
        "expectation_config": config,
        "result": result["result"],
        "exception_info": _exception(result.get("exception_info") or {}),
    }


def _exception(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return one `raised_exception` and one message, whether the exception came alone or by metric."""
    nested = [one for one in info.values() if isinstance(one, Mapping)] or [info]
    messages = [one["exception_message"] for one in nested if one.get("exception_message")]
    return {"raised_exception": bool(messages), "exception_message": "; ".join(dict.fromkeys(messages)) or None}
