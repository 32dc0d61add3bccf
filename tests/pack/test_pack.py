"""Packing: forms, templates and control tokens."""

import json
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import InputError, UsageError
from datakit.pack import BUILTIN, FOLDERS, FORMATS, load_template, pack

TURNS = [
    {"role": "system", "content": "शिक्षक व्हा."},
    {"role": "user", "content": "शिवनेरी कोठे आहे?"},
    {"role": "assistant", "content": "जुन्नरजवळ"},
]
RENDERED = {
    "llama-3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nशिक्षक व्हा.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nशिवनेरी कोठे आहे?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nजुन्नरजवळ<|eot_id|>",
    "gemma": "<bos><start_of_turn>user\nशिक्षक व्हा.\n\nशिवनेरी कोठे आहे?<end_of_turn>\n"
    "<start_of_turn>model\nजुन्नरजवळ<end_of_turn>\n",
    "chatml": "<|im_start|>system\nशिक्षक व्हा.<|im_end|>\n<|im_start|>user\nशिवनेरी कोठे आहे?<|im_end|>\n"
    "<|im_start|>assistant\nजुन्नरजवळ<|im_end|>\n",
}


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", BUILTIN)
def test_each_shipped_template_renders_to_the_letter(name: str) -> None:
    """The text equals what the model's own template gives, with the beginning-of-text token only when asked for."""
    template = load_template(name)
    assert template.render(TURNS, bos=True) == RENDERED[name]
    assert template.render(TURNS) == RENDERED[name].removeprefix("<|begin_of_text|>").removeprefix("<bos>")


def test_the_list_of_shipped_templates_is_complete() -> None:
    """A template file without its tokens, or a test, cannot slip in."""
    assert set(BUILTIN) == set(RENDERED)


@pytest.mark.parametrize("form", FORMATS)
def test_every_row_of_every_split_is_packed_in_each_form(version: Path, tmp_path: Path, form: str) -> None:
    """Counts agree with the manifest, ids with the release, and the answer stands where the form has it."""
    packed = pack(version, tmp_path / form, form=form, template=load_template("chatml"))
    for split, count in packed.rows.items():
        release = pl.read_parquet(version / f"{split}.parquet")
        rows = lines(tmp_path / form / f"{split}.jsonl")
        assert [row["id"] for row in rows] == release["id"].to_list()
        assert len(rows) == count
    question, answer = release.row(0, named=True)["question"], release.row(0, named=True)["answer"]
    body = {key: value for key, value in rows[0].items() if key != "id"}
    assert (
        body
        == {
            "messages": {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]},
            "alpaca": {"instruction": question, "input": "", "output": answer, "system": "", "history": []},
            "sharegpt": {"conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]},
            "text": {"text": f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"},
        }[form]
    )
    note = json.loads((tmp_path / form / "pack.json").read_text())
    assert (note["version_id"], note["rejected"]) == (version.name, 0)


def test_a_tokenizers_own_template_and_tokens_are_used(version: Path, tmp_path: Path) -> None:
    """The folder's template renders, and rows that hold one of its control tokens go to rejected.jsonl."""
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    config = {
        "bos_token": {"content": "<B>"},
        "chat_template": "{{ bos_token }}{% for m in messages %}{{ m['role'][0] }}={{ m['content'] }};{% endfor %}",
        "added_tokens_decoder": {
            "0": {"content": "क्रमांक 3 ", "special": True},
            "1": {"content": "कोणत्या", "special": False},
        },
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    packed = pack(version, tmp_path / "out", form="text", template=load_template(str(folder)))
    assert packed.rejected == 1
    refused = lines(tmp_path / "out" / "rejected.jsonl")
    assert [(row["reject_reason"], row["reject_detail"]) for row in refused] == [
        ("special_token_in_text", "the text holds क्रमांक 3 , a control token of tokenizer")
    ]
    assert sum(packed.rows.values()) == 298
    first = lines(tmp_path / "out" / "train.jsonl")[0]["text"]
    assert first.startswith("u=")
    assert first.endswith(";")


def test_a_template_cannot_reach_outside_its_sandbox(tmp_path: Path) -> None:
    """Templates come with downloaded tokenizers: Python's internals are closed to them."""
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages.__class__.__mro__ }}"}))
    with pytest.raises(UsageError, match="cannot render a conversation: access to attribute '__class__'"):
        load_template(str(tmp_path)).render(TURNS)


def test_what_cannot_be_packed_is_said(version: Path, tmp_path: Path) -> None:
    """Unknown form, text without template, unknown template, no template in the folder, a folder in use."""
    with pytest.raises(UsageError, match="--as csv: expected one of messages, alpaca, sharegpt, text"):
        pack(version, tmp_path / "x", form="csv")
    with pytest.raises(UsageError, match="--as text: needs --template"):
        pack(version, tmp_path / "x", form="text")
    with pytest.raises(UsageError, match="'llama-4': expected chatml, gemma, llama-3, or a folder"):
        load_template("llama-4")
    with pytest.raises(InputError, match=r"tokenizer_config\.json: cannot be read"):
        load_template(str(tmp_path))
    with pytest.raises(UsageError, match="not empty; give a new folder"):
        pack(version, version, form="messages")
    for form in ("messages", "hf"):
        with pytest.raises(UsageError, match=r"manifest\.json: a file; give a new folder with --out"):
            pack(version, version / "manifest.json", form=form)


def test_splits_stand_in_the_order_people_name_them(version: Path, tmp_path: Path) -> None:
    """A manifest on disk has them by alphabet; what is packed tells train first, in every form of a folder."""
    for form in FOLDERS:
        packed = pack(version, tmp_path / form, form=form)
        assert list(packed.rows) == ["train", "validation", "test"]
        note = json.loads((packed.folder / "pack.json").read_text(encoding="utf-8"))
        assert (note["version_id"], note["as"], note["template"]) == (version.name, form, None)
        assert note["rows"] == packed.rows


def test_every_form_is_offered_where_one_is_not_known(version: Path, tmp_path: Path) -> None:
    """The message for an unknown form names the forms of one file a split and those of a folder."""
    with pytest.raises(
        UsageError, match="expected one of messages, alpaca, sharegpt, text, hf, croissant, llamafactory"
    ):
        pack(version, tmp_path / "x", form="parquet")
    for form in FOLDERS:
        with pytest.raises(UsageError, match="not empty; give a new folder"):
            pack(version, version, form=form)
