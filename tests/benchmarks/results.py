"""Small results of a comparison, for tests of what reads them."""

from typing import Any


def results() -> dict[str, Any]:
    """Return figures of two contests; every value differs from every other."""
    return {
        "command": "python -m benchmarks.peers",
        "data": "real",
        "rounds": 3,
        "machine": {"cores": 2, "memory_gb": 25.3, "cpu": "A Processor", "system": "Linux x86_64"},
        "inputs": {
            "documents": {"what": "152,067 rows", "rows": 152067, "mb": 63.5, "sha256": "ab" * 32},
            "qa": {"what": "84,002 rows", "rows": 84002, "mb": 321.2, "sha256": "cd" * 32},
        },
        "environments": {
            "ours": {"versions": {"python": "3.11.7", "polars": "2.1.0"}},
            "slow": {"versions": {"python": "3.11.7", "slow": "0.1"}},
            "broken": {"problem": "ERROR: No matching distribution | found"},
        },
        "contests": {
            "documents": {
                "title": "Whole pipeline, documents",
                "input": "documents",
                "seconds_of": "the whole process and its children",
                "runs": {
                    "ours": run(
                        note="all stages", mb=63.5, wall=[6.0, 5.0, 7.0], cpu=[10.0, 9.0, 11.0], peak=[900, 1000, 950]
                    ),
                    "slow": run(note="", mb=16.0, wall=[20.0, 22.0], cpu=[38.0, 41.0], peak=[400, 410]),
                    "broken": {"note": "", "input_mb": 63.5, "problem": "ERROR: No matching distribution | found"},
                },
            },
            "qa": {
                "title": "Whole pipeline, questions",
                "input": "qa",
                "seconds_of": "the whole process and its children",
                "runs": {"ours": run(note="", mb=321.2, wall=[20.0], cpu=[37.0], peak=[1600])},
            },
        },
        "ratios": {"documents/slow/wall": 13.2, "documents/slow/cpu": 15.1},
    }


def run(*, note: str, mb: float, wall: list[float], cpu: list[float], peak: list[int]) -> dict[str, Any]:
    """Return the figures of one contestant."""
    return {
        "note": note,
        "input_mb": mb,
        "rows_in": 1000,
        "rows_kept": 940,
        "wall_s": wall,
        "cpu_s": cpu,
        "peak_rss_mb": peak,
        "mb_per_s": round(mb / sorted(wall)[len(wall) // 2], 3),
        "mb_per_cpu_s": round(mb / sorted(cpu)[len(cpu) // 2], 3),
    }
