"""The export from one end to the other: open, write 16 bits, prove, quantize, prove, describe, publish."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import GateError, InputError, UsageError
from datakit.lineage import Manifest
from export import staging
from export.card import model_card
from export.chat_format import ChatFormat, given, recognise
from export.disk import check_room
from export.ggml_types import file_type
from export.lora import write_lora
from export.manifest import seal
from export.modelfile import modelfile, settle
from export.source import Source, open_source
from export.subject import Subject
from export.verify.check import FileReport
from export.verify.gate import Gate
from export.verify.reference import Tokens, read_tokens
from export.verify.report import passed, write_report
from export.verify.texts import Texts, read_texts
from export.verify.thresholds import SIXTEEN_BITS
from export.verify.tokenizing import end_of_turn
from export.write import Written, bytes_needed, write_gguf

Say = Callable[[str], None]
_PREFERRED: Final = ("q4_k_m", "q5_k_m", "q8_0")
"""Which file the Modelfile names where there are several: small first, since a laptop is the likely reader."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user may choose."""

    quants: tuple[str, ...] = ("f16", "q4_k_m")
    name: str | None = None
    system: str | None = None
    """None: what most training rows have, else what the model's own template puts in."""
    template: str | None = None
    """A TEMPLATE of the user's own; None: recognised from the model's."""
    licence: str | None = None
    verify: bool = True
    adapter_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A published export."""

    folder: Path
    name: str
    files: Sequence[Written]
    reports: Sequence[FileReport]
    manifest: Manifest


def export(subject: Subject, out: Path, *, options: Options, say: Say = lambda _: None) -> Exported:
    """Export a subject into `out/<name>-<id>`; nothing lies there before every check has passed.

    Errors: `GateError` where a check fails (the report is kept in `<name>-<id>.failed`), and what opening, writing and
    quantizing raise.
    """
    began = time.monotonic()
    quants = _in_order(options)
    name = _plain_name(options.name or subject.name)
    folder = out / f"{name}-{subject.short}"
    source = open_source(subject.base, adapter=subject.adapter, tokenizer=subject.tokenizer)
    tokens = read_tokens(subject.tokenizer)
    texts = _texts(subject, verify=options.verify)
    chat = _chat(tokens, options.template, strips_bos=_adds_bos(source))
    system = _system(options.system, texts, chat)
    prompting = settle(chat, system) if chat is not None else None
    licence = options.licence or _licence(source)
    keys = subject.keys() | {"general.license": licence, "general.languages": "mr"}
    with staging.staged(folder) as part:
        writer = _Writer(subject=subject, source=source, part=part, stem=name, keys=keys, say=say)
        if options.verify:
            assert texts is not None
            with Gate(
                subject.base,
                adapter=subject.adapter,
                tokens=tokens,
                texts=texts,
                chat=chat,
                prompting=prompting,
                say=say,
            ) as gate:
                files, reports = _prove(writer, gate, quants, adapter_only=options.adapter_only)
                write_report(part, reports, facts=gate.facts, name=folder.name)
        else:
            files, reports = writer.write_all(quants, adapter_only=options.adapter_only), []
        if options.verify and not passed(reports):
            raise GateError(_refusal(part, folder, reports))
        main = _main_file(files)
        text = modelfile(
            file=main.path.name,
            others=[file.path.name for file in files if file is not main],
            prompting=prompting,
            stop=_stops(tokens, chat),
            licence=licence,
            comment=[f"{name}: {subject.base_identity['name']}, run {subject.run.id if subject.run else 'none'}"],
            base=_base_name(subject) if options.adapter_only else None,
        )
        (part / "Modelfile").write_text(text, encoding="utf-8")
        card = model_card(subject, title=name, licence=licence, files=files, reports=reports, system=system)
        (part / "README.md").write_text(card, encoding="utf-8")
        manifest = seal(
            part, subject, files, gate="passed" if options.verify else "skipped", seconds=time.monotonic() - began
        )
        staging.publish(part, folder)
    shutil.rmtree(_failed(folder), ignore_errors=True)  # an older refusal of the same export says nothing any more
    return Exported(folder=folder, name=name, files=files, reports=reports, manifest=manifest)


@dataclass(frozen=True, kw_only=True)
class _Writer:
    subject: Subject
    source: Source
    part: Path
    stem: str
    keys: Mapping[str, str | int]
    say: Say

    def write(self, type: str, *, source: Source | None = None, stem: str | None = None) -> Written:
        self.say(f"writing {type}")
        out = self.part / f"{stem or self.stem}-{type}.gguf"
        return write_gguf(source or self.source, out, type=type, metadata=self.keys)

    def write_adapter(self) -> Written:
        self.say("writing the adapter")
        return write_lora(self.source, self.part / f"{self.stem}-lora-f32.gguf", metadata=self.keys)

    def write_all(self, quants: Sequence[str], *, adapter_only: bool) -> list[Written]:
        if adapter_only:
            return [self.write_adapter()]
        check_room(self.part / "x", result=bytes_needed(self.source, types=tuple(quants)), scratch=0)
        return [self.write(type) for type in quants]


def _prove(
    writer: _Writer, gate: Gate, quants: Sequence[str], *, adapter_only: bool
) -> tuple[list[Written], list[FileReport]]:
    """Write and judge one file after the other, 16 bits first: a wrong rope looks like an honest 4-bit file."""
    if adapter_only:
        bare = open_source(writer.subject.base, tokenizer=writer.subject.tokenizer)
        base = writer.write("f16", source=bare, stem="base")
        adapter = writer.write_adapter()
        report = gate.judge(base.path, type="f16", adapter=adapter.path)
        base.path.unlink()
        return [adapter], [report]
    ahead = () if quants[0] in SIXTEEN_BITS else ("f16",)
    need = bytes_needed(writer.source, types=tuple(quants))
    first = bytes_needed(writer.source, types=ahead) if ahead else 0
    check_room(writer.part / "x", result=max(need, first), scratch=0)
    files: list[Written] = []
    reports: list[FileReport] = []
    for type in (*ahead, *quants):
        written = writer.write(type)
        reports.append(gate.judge(written.path, type=type))
        if type in ahead:
            written.path.unlink()
        else:
            files.append(written)
        if not reports[-1].passed:
            break
    return files, reports


def _refusal(part: Path, folder: Path, reports: Sequence[FileReport]) -> str:
    """Keep the report of a refused export under a name of its own, and say what failed."""
    failed = _failed(folder)
    shutil.rmtree(failed, ignore_errors=True)
    failed.mkdir(parents=True)
    for name in ("verify.json", "verify.md"):
        shutil.copyfile(part / name, failed / name)
    lines = [
        f"  - {report.file}: {check.name}: {check.says}"
        for report in reports
        for check in report.checks
        if not check.passed
    ]
    return "\n".join([f"{folder}: not published, the gate refused it:", *lines, f"next: read {failed / 'verify.md'}"])


def _failed(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.failed")


def _in_order(options: Options) -> tuple[str, ...]:
    if options.adapter_only:
        return ()
    kinds = [file_type(name.strip()).name for name in options.quants if name.strip()]
    if not kinds:
        raise UsageError("--quant names no type; expected such as f16,q4_k_m")
    return tuple(dict.fromkeys(sorted(kinds, key=lambda kind: kind not in SIXTEEN_BITS)))


def _plain_name(name: str) -> str:
    """A name becomes a folder, a file and an Ollama model: letters, digits, dot, dash and underscore."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)
    plain = plain.strip(".-_").lower()
    if not plain:
        raise UsageError(f"--name {name!r}: expected letters, digits, dots and dashes")
    return plain


def _texts(subject: Subject, *, verify: bool) -> Texts | None:
    if subject.version is not None:
        return read_texts(subject.version, expected_id=subject.dataset_id)
    if not verify:
        return None
    wanted = f"version {subject.dataset_id}" if subject.run else "a version of texts to compare on"
    raise InputError(f"the gate needs {wanted} and finds none; next: --dataset FOLDER, or export with --no-verify")


def _chat(tokens: Tokens, template: str | None, *, strips_bos: bool) -> ChatFormat | None:
    jinja = tokens.jinja(strips_bos=strips_bos)
    if jinja is None:
        return None
    return given(template) if template is not None else recognise(jinja)


def _adds_bos(source: Source) -> bool:
    """Tell whether llama.cpp will put a BOS in front: as the file says, else as its kind of vocabulary has it."""
    said = source.keys.get("tokenizer.ggml.add_bos_token")
    if said is not None:
        return bool(said.value)
    kinds = [source.keys.get(f"tokenizer.ggml.{name}") for name in ("model", "pre")]
    return any(kind is not None and str(kind.value).startswith("llama") for kind in kinds)


def _system(chosen: str | None, texts: Texts | None, chat: ChatFormat | None) -> str | None:
    if chosen is not None:
        return chosen.strip() or None
    if texts is not None and texts.system:
        return texts.system
    return chat.default_system if chat else None


def _stops(tokens: Tokens, chat: ChatFormat | None) -> list[str]:
    own = [text for text in (end_of_turn(tokens), tokens.eos) if text]
    return [*own, *(chat.stop if chat else ())]


def _main_file(files: Sequence[Written]) -> Written:
    by_type = {file.type: file for file in files}
    return next((by_type[kind] for kind in _PREFERRED if kind in by_type), files[-1])


def _base_name(subject: Subject) -> str:
    """What an adapter's Modelfile stands on: the base as GGUF beside it, for the user to put there."""
    return f"./{_plain_name(subject.base_identity['name'])}.gguf"


def _licence(source: Source) -> str:
    found = source.keys.get("general.license")
    return str(found.value) if found is not None else "other"
