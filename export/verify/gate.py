"""The gate: every file of an export is put to llama.cpp and held against the Hugging Face model it was made of."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import GateError
from export.chat_format import ChatFormat
from export.modelfile import Prompting
from export.verify.check import Check, FileReport
from export.verify.conversing import Greedy, check_answers, check_go_template, check_template, greedy_answers
from export.verify.fidelity import judge, measure
from export.verify.llama_cpp import LlamaCpp
from export.verify.reference import Model, Tokens
from export.verify.texts import Texts
from export.verify.thresholds import SIXTEEN_BITS, limits_for
from export.verify.tokenizing import check_special, check_tokens, end_of_turn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEXTS: Final = 8
"""Conversations that are compared: with TOKENS each about 15 s a file for 135M parameters on two cores."""
TOKENS: Final = 96
"""Tokens of each: on 768 positions the mean KL of F16 repeats within a factor of two; faults lie a hundredfold off."""
CONTEXT: Final = 2048
"""Room for a question with its system text and the answer."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a file must agree with, prepared once for all files of an export."""

    model: Model
    tokens: Tokens
    texts: Texts
    chat: ChatFormat | None
    """None for a model without a chat template."""
    prompting: Prompting | None
    """How the Modelfile asks: its TEMPLATE and its SYSTEM."""
    samples: Sequence[Sequence[int]]
    greedy: Sequence[Greedy]
    logits: Callable[[Sequence[int]], "NDArray[np.float32]"]
    base_logits: Callable[[Sequence[int]], "NDArray[np.float32]"] | None


class Gate:
    """Opens the Hugging Face model once and judges files against it. Use as a context manager."""

    def __init__(
        self,
        base: Path,
        *,
        adapter: Path | None,
        tokens: Tokens,
        texts: Texts,
        chat: ChatFormat | None,
        prompting: Prompting | None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="aurora-gate-")
        say("gate: opening the Hugging Face model")
        model = Model(base, adapter=adapter)
        samples = _samples(tokens, texts)
        say(f"gate: {len(samples)} conversations through the Hugging Face model ({model.dtype})")
        jinja = tokens.jinja(strips_bos=False)
        self._expected = Expected(
            model=model,
            tokens=tokens,
            texts=texts,
            chat=chat,
            prompting=prompting,
            samples=samples,
            greedy=greedy_answers(model, tokens, jinja, texts.questions) if jinja is not None else (),
            logits=self._keep("model", model.logits, samples),
            base_logits=self._keep("base", model.base_logits, samples) if model.adapted else None,
        )
        self._say = say

    def _keep(
        self, name: str, ask: Callable[[Sequence[int]], "NDArray[np.float32]"], samples: Sequence[Sequence[int]]
    ) -> Callable[[Sequence[int]], "NDArray[np.float32]"]:
        """Compute logits once and keep them on disk: for a vocabulary of 262k tokens they are 0.8 GB."""
        import numpy as np

        places: dict[tuple[int, ...], Path] = {}
        for number, ids in enumerate(samples):
            path = Path(self._kept.name) / f"{name}-{number}.npy"
            np.save(path, ask(ids))
            places[tuple(ids)] = path
        return lambda ids: np.load(places[tuple(ids)], mmap_mode="r")

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.cleanup()

    @property
    def samples(self) -> Sequence[Sequence[int]]:
        """Return the token ids of the conversations that are compared."""
        return self._expected.samples

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the comparison rests on, for the report."""
        expected = self._expected
        return {
            "dataset": expected.texts.dataset,
            "reference_dtype": expected.model.dtype,
            "parameters": expected.model.parameters,
            "conversations_compared": len(expected.samples),
            "tokens_compared": sum(len(ids) for ids in expected.samples),
        }

    def judge(self, path: Path, *, type: str, adapter: Path | None = None) -> FileReport:
        """Put one file through every check. A file that llama.cpp refuses or dies of fails with its last words."""
        started = time.monotonic()
        self._say(f"gate: {path.name}")
        checks: list[Check] = []
        try:
            with LlamaCpp(path, context=CONTEXT, adapter=adapter) as file:
                checks = _checks(file, self._expected, type=type, served=adapter is None)
        except GateError as error:
            checks = [Check(name="llama.cpp", passed=False, says=str(error))]
        return FileReport(
            file=(adapter or path).name,
            type=type,
            bytes=(adapter or path).stat().st_size,
            seconds=round(time.monotonic() - started, 1),
            checks=checks,
        )


def _checks(file: LlamaCpp, expected: Expected, *, type: str, served: bool) -> list[Check]:
    tokens, described = expected.tokens, file.describe()
    checks = [
        check_tokens(file, tokens, expected.texts.plain),
        check_special(file, tokens, described, turn_end=end_of_turn(tokens)),
    ]
    if described["vocabulary"] <= max((max(ids) for ids in expected.samples), default=0):
        says = f"the file knows {described['vocabulary']} tokens, the texts need more"
        return [*checks, Check(name="fidelity", passed=False, says=says)]
    distance = measure(expected.samples, model=expected.logits, file=file.logits, base=expected.base_logits)
    limits = limits_for(type, parameters=expected.model.parameters)
    checks = [*judge(distance, limits, against=f"Hugging Face in {expected.model.dtype}"), *checks]
    jinja = tokens.jinja(strips_bos=bool(described["add_bos"]))
    if jinja is None or not served:
        return checks
    checks.append(check_template(file, jinja, tokens, described))
    if expected.chat is not None and expected.prompting is not None:
        checks.append(check_go_template(expected.chat, expected.prompting, jinja))
    if all(check.passed for check in checks):  # the answers of a file that is refused already tell nothing new
        tie = 2 * distance.logp_difference
        checks.append(check_answers(file, tokens, expected.greedy, tie=tie, exact=type in SIXTEEN_BITS))
    return checks


def _samples(tokens: Tokens, texts: Texts) -> list[list[int]]:
    """Conversations as they are trained on, cut to TOKENS; the system text stands in the first one only.

    It is the same in most rows: with it in all of them the sample would be one text eight times.
    """
    jinja = tokens.jinja(strips_bos=False)
    samples: list[list[int]] = []
    for messages in texts.conversations:
        shown = messages if not samples else [message for message in messages if message["role"] != "system"]
        if jinja is None:
            text = "\n".join(message["content"] for message in shown)
        elif jinja.accepts(shown):
            text = jinja.full(shown, generation=False)
        else:
            continue
        ids = tokens.encode(text, special=jinja is None)[:TOKENS]
        if len(ids) > 1:
            samples.append(ids)
        if len(samples) == TEXTS:
            break
    if not samples:
        raise GateError("no conversation of the dataset can be written with the model's chat template")
    return samples
