"""Chat templates: what is learnt is exactly the assistant's content and its end token."""

from pathlib import Path
from typing import Any

import pytest

from datakit.errors import UsageError
from tests.trainer.made import CURATED_TEXT, row
from trainer.examples import build_examples
from trainer.template import FOLDER, NAMES, load_template
from trainer.version import Row

CONTROL = {
    "llama-3": ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    "gemma": ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"],
    "chatml": ["<|im_start|>", "<|im_end|>", "<|endoftext|>"],
}
END = {"llama-3": "<|eot_id|>", "gemma": "<end_of_turn>", "chatml": "<|im_end|>"}
TURNS = (
    {"role": "system", "content": "शिक्षक व्हा."},
    {"role": "user", "content": "शिवनेरी कोठे आहे?"},
    {"role": "assistant", "content": "जुन्नरजवळ"},
    {"role": "user", "content": "आणि रायगड?"},
    {"role": "assistant", "content": "महाडजवळ, रायगड जिल्ह्यात\nअसे समजतात."},
)


def tokenizer_with(control: list[str], *, adds_bos: bool = False) -> Any:
    """Return a byte-level tokenizer that knows these control tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=control,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([*CURATED_TEXT, "\n\n" * 50, "assistant\n" * 50], trainer)
    if adds_bos:
        bos = control[0]
        backend.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, backend.token_to_id(bos))]
        )
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=control[0], eos_token=control[-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("adds_bos", [False, True])
def test_learnt_tokens_are_the_answers_and_their_end_tokens(name: str, adds_bos: bool) -> None:
    """For llama-3, gemma and chatml, over several turns: what the mask covers is each answer plus its end token."""
    tokenizer = tokenizer_with(CONTROL[name], adds_bos=adds_bos)
    template = load_template(name, tokenizer)
    made = Row(id="x", split="train", source_id="s", messages=TURNS, question="", answer="")
    (example,) = build_examples([made], template, max_tokens=4096).used
    learnt = [token for token, mask in zip(example.input_ids, example.completion_mask, strict=True) if mask]
    expected = "".join(turn["content"] + END[name] for turn in TURNS if turn["role"] == "assistant")
    assert tokenizer.decode(learnt) == expected
    assert learnt.count(tokenizer.convert_tokens_to_ids(END[name])) == 2
    # the rest is the prompt, to the letter
    text = tokenizer.decode(example.input_ids)
    assert (
        text.rstrip()
        == tokenizer.apply_chat_template(list(TURNS), chat_template=template.source, tokenize=False).rstrip()
    )


@pytest.mark.parametrize("name", ["llama-3", "gemma"])
def test_the_beginning_of_text_stands_once(name: str) -> None:
    """A template that writes the token and a tokenizer that adds it do not do so twice."""
    tokenizer = tokenizer_with(CONTROL[name], adds_bos=True)
    template = load_template(name, tokenizer)
    (example,) = build_examples([row("कोठे?", "येथे")], template, max_tokens=512).used
    assert list(example.input_ids).count(tokenizer.bos_token_id) == 1
    assert example.input_ids[0] == tokenizer.bos_token_id


def test_a_missing_beginning_of_text_is_added_once() -> None:
    """Where the tokenizer wants it and the template does not write it, it is there, and is not learnt."""
    tokenizer = tokenizer_with(["<bos>", *CONTROL["chatml"]], adds_bos=True)
    (example,) = build_examples([row("कोठे?", "येथे")], load_template("chatml", tokenizer), max_tokens=512).used
    assert list(example.input_ids).count(tokenizer.bos_token_id) == 1
    assert (example.input_ids[0], example.completion_mask[0]) == (tokenizer.bos_token_id, 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_prompt_of_training_is_the_prompt_of_asking(name: str) -> None:
    """What stands before the last answer equals the template's own generation prompt, so nothing new is seen later."""
    template = load_template(name, tokenizer_with(CONTROL[name]))
    asked = template.tokenizer.apply_chat_template(
        list(TURNS[:-1]), chat_template=template.source, tokenize=False, add_generation_prompt=True
    )
    assert template.prompt(TURNS) == asked
    assert template.note is None


def test_white_space_that_the_template_strips_is_not_learnt() -> None:
    """An answer with spaces around it is learnt without them where the template renders it without them."""
    template = load_template("chatml", tokenizer_with(CONTROL["chatml"]))
    (example,) = build_examples([row("कोठे?", "  येथे \n")], template, max_tokens=512).used
    learnt = [token for token, mask in zip(example.input_ids, example.completion_mask, strict=True) if mask]
    assert template.tokenizer.decode(learnt) == "येथे<|im_end|>"


def test_the_tokenizers_own_template_is_used() -> None:
    """`auto` takes the tokenizer's template as it is, a default system prompt included."""
    tokenizer = tokenizer_with(CONTROL["chatml"])
    with pytest.raises(UsageError, match=r"this base brings none; choose one with --set template=chatml\|gemma"):
        load_template("auto", tokenizer)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}<|im_start|>system\nHelp.<|im_end|>\n"
        "{% endif %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    template = load_template("auto", tokenizer)
    assert (template.end, template.trims) == ("<|im_end|>", False)
    assert template.prompt([{"role": "user", "content": "क"}, {"role": "assistant", "content": "ख"}]).startswith(
        "<|im_start|>system\nHelp."
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% for m in messages %}{{ m['content'] }}\n{% endfor %}", "expected a control token of this tokenizer"),
        (
            "{% for m in messages %}{{ m['content'] | replace('च', 'छ') }}<|im_end|>{% endfor %}",
            None,  # replaces alike with and without the marks: what is learnt is what is rendered
        ),
        (
            "{% for m in messages %}{% if m.content | length < 2 %}x{% endif %}{{ m.content }}<|im_end|>{% endfor %}",
            "it changes an answer's text",
        ),
        (
            "{% for m in messages %}{% if loop.last %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}",
            "it leaves out answers of earlier turns",
        ),
        ("{{ raise_exception('System role not supported') }}", "System role not supported; others are --set template="),
        ("{{ messages.__class__.__mro__ }}", "cannot render a conversation"),
    ],
    ids=["no end", "steady change", "looks at length", "last only", "refuses", "breaks out"],
)
def test_a_template_that_cannot_be_learnt_from_is_refused(source: str, message: str | None) -> None:
    """No end token, changed answers, lost turns: each is told before a token is made."""
    tokenizer = tokenizer_with(CONTROL["chatml"])
    tokenizer.chat_template = source
    if message is None:
        assert load_template("auto", tokenizer).end == "<|im_end|>"
        return
    with pytest.raises(UsageError, match=message):
        load_template("auto", tokenizer)


def test_a_differing_generation_prompt_is_noted() -> None:
    """A template that asks otherwise than it trained is used, and the plan says so."""
    tokenizer = tokenizer_with(CONTROL["chatml"])
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n<think>{% endif %}"
    )
    assert "generation prompt differs" in (load_template("auto", tokenizer).note or "")


def test_an_added_token_that_is_not_called_special_ends_an_answer_too() -> None:
    """Some GGUF files call `<end_of_turn>` user-defined: what the template writes as control is control."""
    from tokenizers import AddedToken

    tokenizer = tokenizer_with(["<bos>", "<eos>"])
    tokenizer.add_tokens([AddedToken("<start_of_turn>", special=False), AddedToken("<end_of_turn>", special=False)])
    template = load_template("gemma", tokenizer)
    assert template.end == "<end_of_turn>"
    assert template.control.search("क <start_of_turn> ख")


def test_a_template_without_its_tokens_is_refused() -> None:
    """Llama-3's template on a tokenizer that does not know its tokens would teach letters in place of an end."""
    with pytest.raises(UsageError, match="expected a control token of this tokenizer"):
        load_template("llama-3", tokenizer_with(CONTROL["chatml"]))
    with pytest.raises(UsageError, match="did you mean 'llama-3'"):
        load_template("llama3", tokenizer_with(CONTROL["chatml"]))


def test_the_templates_are_the_curators() -> None:
    """`datakit pack` and the trainer render alike: the files are the same to the byte."""
    theirs = Path(__file__).parents[2] / "datakit" / "pack" / "templates"
    assert {path.name for path in theirs.glob("*.jinja")} == {path.name for path in FOLDER.glob("*.jinja")}
    for path in theirs.glob("*.jinja"):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
