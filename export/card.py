"""The model card: README.md with the front matter that model hubs read, and the way back to the rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from export.subject import Subject
from export.verify.check import FileReport
from export.write import Written


def model_card(
    subject: Subject,
    *,
    title: str,
    licence: str,
    files: Sequence[Written],
    reports: Sequence[FileReport],
    system: str | None,
) -> str:
    """Return the card. Nothing in it is taken on trust: figures come from the gate, names from the manifests."""
    dataset = subject.run.identity["dataset"] if subject.run else None
    front = ["---", "language:", "- mr", f"license: {json.dumps(licence)}", "library_name: gguf"]
    front += ["pipeline_tag: text-generation", "base_model:", f"- {json.dumps(subject.base_identity['name'])}"]
    if dataset:
        front += ["datasets:", f"- {json.dumps(dataset['name'])}"]
    front += ["tags:", "- gguf", "- marathi", "- history", "---", ""]
    lines = [*front, f"# {title}", "", _opening(subject), "", *_use(files, title), *_files(files, reports)]
    if system:
        lines += ["## System prompt", "", *(f"> {line}" for line in system.splitlines()), ""]
    lines += _origin(subject, dataset)
    lines += [
        "## What it can and cannot say",
        "",
        "It was trained to answer short questions on the history of Maharashtra in Marathi. It can state what is false "
        "with full confidence, dates above all. An answer is a lead to a source, never a source: the rows the model "
        "learned from are named below, and `datakit trace` leads from the file to each of them.",
        "",
    ]
    return "\n".join(lines)


def _opening(subject: Subject) -> str:
    base = subject.base_identity
    if subject.run is None:
        return f"GGUF files of {base['name']} ({base['architecture']}), no adapter merged."
    rows = subject.run.identity["rows"]["train"]["rows"]
    return (
        f"GGUF files of {base['name']} ({base['architecture']}) with a LoRA adapter merged in: trained on {rows} rows "
        f"of {subject.run.identity['dataset']['name']}."
    )


def _use(files: Sequence[Written], title: str) -> list[str]:
    name = files[-1].path.name if files else title
    return ["```", f"gguf-export chat {name}", f"ollama create {title} -f Modelfile", "```", ""]


def _files(files: Sequence[Written], reports: Sequence[FileReport]) -> list[str]:
    checked: Mapping[str, FileReport] = {report.file: report for report in reports}
    lines = ["## Files", "", "| file | size | mean KL | same top token | sha256 |", "|---|--:|--:|--:|---|"]
    for file in files:
        figures: Mapping[str, Any] = {}
        if (report := checked.get(file.path.name)) is not None:
            figures = next((check.figures for check in report.checks if check.name == "fidelity"), {})
        kl = f"{figures['kl_mean']:.2g}" if figures else "not checked"
        top = f"{figures['top1']:.1%}" if figures else "not checked"
        lines.append(f"| {file.path.name} | {file.bytes / 1e6:,.0f} MB | {kl} | {top} | `{file.sha256}` |")
    against = "KL and top token: against the Hugging Face model, on the dataset's validation split; see verify.md."
    return [*lines, "", against if reports else "These files were NOT verified (`--no-verify`).", ""]


def _origin(subject: Subject, dataset: Mapping[str, Any] | None) -> list[str]:
    lines = ["## Where it comes from", "", "| | |", "|---|---|"]
    base = subject.base_identity
    lines.append(f"| base | {base['name']}, weights `{base['sha256']}` |")
    if subject.run is not None and dataset is not None:
        rows = subject.run.identity["rows"]["train"]
        lines.append(f"| dataset | {dataset['name']}, version `{dataset['id']}` |")
        lines.append(f"| rows learned from | {rows['rows']}, root `{rows['root']}` |")
        lines.append(f"| run | `{subject.run.id}` |")
    if subject.dataset is not None:
        lines += [
            f"| source | {source['id']}, {source.get('licence') or 'licence not stated'} |"
            for source in subject.dataset.identity.get("sources", [])
        ]
    return [*lines, "", "The same ids stand in the GGUF itself: `datakit trace FILE.gguf`.", ""]
