"""The Hugging Face side: the model and the tokenizer that a file has to agree with."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError, MissingDependencyError
from export.checkpoint import read_json
from export.jinja_template import JinjaTemplate
from export.template import read_template

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROOM: Final = 1.3
"""Free memory wanted for float32 weights, as a multiple of their size: activations and the adapter come on top."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A folder's tokenizer: `tokenizer.json` as the `tokenizers` library reads it, and what its configuration names."""

    engine: Any
    bos: str
    eos: str
    template: str | None

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Return the ids; `special` adds what the tokenizer puts around a text (BOS, EOS)."""
        return list(self.engine.encode(text, add_special_tokens=special).ids)

    def id_of(self, token: str) -> int | None:
        """Return the id of a token's text, None where there is none."""
        found = self.engine.token_to_id(token) if token else None
        return int(found) if found is not None else None

    def special_texts(self) -> list[str]:
        """Return the texts of all special tokens."""
        added = self.engine.get_added_tokens_decoder()
        return [token.content for _, token in sorted(added.items()) if token.special]

    def jinja(self, *, strips_bos: bool) -> JinjaTemplate | None:
        """Return the chat template, None for a model without one."""
        if self.template is None:
            return None
        return JinjaTemplate(text=self.template, bos=self.bos, eos=self.eos, strips_bos=strips_bos)


def read_tokens(folder: Path) -> Tokens:
    """Read a tokenizer folder. Errors: `InputError` where tokenizer.json is missing or unreadable."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise _missing(error) from error
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise InputError(f"{path}: missing; expected the tokenizer the model was trained with, as tokenizer.json")
    try:
        engine = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise InputError(f"{path}: the tokenizer cannot be read ({error})") from error
    engine.no_truncation()
    engine.no_padding()
    config: dict[str, Any] = {}
    if (folder / "tokenizer_config.json").is_file():
        config = read_json(folder / "tokenizer_config.json")
    return Tokens(
        engine=engine,
        bos=_token_text(config.get("bos_token")),
        eos=_token_text(config.get("eos_token")),
        template=read_template(folder),
    )


def _token_text(entry: Any) -> str:
    """A token stands in the configuration as a text or as an object with `content`."""
    return str(entry.get("content", "")) if isinstance(entry, dict) else str(entry or "")


class Model:
    """A base with its adapter applied, unmerged, in float32 where memory allows: what the file must agree with."""

    def __init__(self, base: Path, *, adapter: Path | None) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM
        except ImportError as error:
            raise _missing(error) from error
        gguf = base.suffix == ".gguf"
        size = _weights_bytes(base)
        wide = size * (4 if not gguf else 8) / 2 * _ROOM < _free_bytes()
        self.dtype = "float32" if wide else "bfloat16"
        options: dict[str, Any] = {"gguf_file": base.name} if gguf else {}
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(
                base.parent if gguf else base,
                dtype=getattr(torch, self.dtype),
                local_files_only=True,
                trust_remote_code=False,
                **options,
            )
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{base}: transformers cannot load this model ({error})") from error
        if adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter, is_trainable=False)
        self._model: Any = model.eval()
        self._torch: Any = torch
        self.adapted = adapter is not None
        self.parameters = sum(p.numel() for p in model.parameters())

    def logits(self, ids: Sequence[int]) -> "NDArray[np.float32]":
        """Return the logits after every id, as float32 [ids, vocabulary]."""
        return self._forward(ids, bare=False)

    def base_logits(self, ids: Sequence[int]) -> "NDArray[np.float32]":
        """Return the same without the adapter."""
        return self._forward(ids, bare=True)

    def _forward(self, ids: Sequence[int], *, bare: bool) -> "NDArray[np.float32]":
        torch = self._torch
        with torch.inference_mode(), self._model.disable_adapter() if bare else nullcontext():
            out = self._model(input_ids=torch.tensor([list(ids)]), use_cache=False)
        return out.logits[0].float().numpy()  # type: ignore[no-any-return]

    def greedy(self, ids: Sequence[int], *, max_tokens: int, stop: set[int]) -> tuple[list[int], list[float]]:
        """Return the greedy continuation (its stop token included) and, per token, its lead over the second best."""
        torch = self._torch
        tokens: list[int] = []
        leads: list[float] = []
        inputs, past = torch.tensor([list(ids)]), None
        with torch.inference_mode():
            while len(tokens) < max_tokens and not (tokens and tokens[-1] in stop):
                out = self._model(input_ids=inputs, past_key_values=past, use_cache=True)
                past = out.past_key_values
                best = torch.topk(out.logits[0, -1].float(), 2)
                tokens.append(int(best.indices[0]))
                leads.append(float(best.values[0] - best.values[1]))
                inputs = torch.tensor([[tokens[-1]]])
        return tokens, leads


def _weights_bytes(base: Path) -> int:
    if base.is_file():
        return base.stat().st_size
    return sum(path.stat().st_size for path in base.glob("*.safetensors"))


def _free_bytes() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:  # not Linux: assume that it fits, the system will say so otherwise
        pass
    return 1 << 62


def _missing(error: ImportError) -> MissingDependencyError:
    return MissingDependencyError(
        f"{error.name} is not installed, and the gate compares with the Hugging Face model; "
        "next: pip install 'ancient-aurora[export,train]', or export unchecked with --no-verify"
    )
