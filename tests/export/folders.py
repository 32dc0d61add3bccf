"""A tokenizer's folder."""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors


def tokenizer() -> Tokenizer:
    """A tokenizer of words, with a text that begins and ends, a special token and one that is only added."""
    words = ["<s>", "</s>", "शिवाजी", "रायगड", "<unk>"]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens([AddedToken("<|end|>"), AddedToken("<s>"), AddedToken("</s>")])
    made.add_tokens([AddedToken("<tool>", special=False)])
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return made


def folder_of(path: Path, **config: Any) -> Path:
    """Write a tokenizer's folder."""
    path.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(path / "tokenizer.json"))
    if config:
        (path / "tokenizer_config.json").write_text(json.dumps(config))
    return path
