"""Do both sides cut text into the same tokens, and do they mean the same by the special ones?"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from export.verify.check import Check
from export.verify.llama_cpp import LlamaCpp
from export.verify.reference import Tokens
from export.verify.texts import PROBES, WANTED_TEXTS

_SHOWN: Final = 5
_FEW: Final = 8


def check_tokens(file: LlamaCpp, tokens: Tokens, texts: Sequence[str]) -> Check:
    """Compare the ids of every text and probe; the special tokens' texts stand among the probes, in running text."""
    special = tokens.special_texts()
    probes = [*PROBES, *(f"शिवाजी {token} रायगड{token}1674" for token in special[:64])]
    # llama.cpp takes a text up to its first NUL where it is handed as a C string elsewhere; here the length is given.
    both = [*texts, *probes]
    found = file.tokenize(both, add_special=False, parse_special=True)
    differing = [
        (text, wanted, ids) for text, ids in zip(both, found, strict=True) if (wanted := tokens.encode(text)) != ids
    ]
    # Untrusted text is tokenized without parsing: no control token may come out of it.
    control = {tokens.id_of(token) for token in special}
    quoted = file.tokenize(special, add_special=False, parse_special=False)
    leaking = [text for text, ids in zip(special, quoted, strict=True) if control & set(ids)]
    few = "" if len(texts) >= WANTED_TEXTS else f" (the dataset has no more; {WANTED_TEXTS:,} are wanted)"
    says = f"{len(texts):,} texts of the dataset{few} and {len(probes)} probes: {len(differing)} differ"
    if leaking:
        says += f"; {len(leaking)} special tokens come out of plain text, such as {leaking[0]!r}"
    return Check(
        name="tokens",
        passed=not differing and not leaking,
        says=says,
        figures={"texts": len(texts), "probes": len(probes), "different": len(differing), "leaking": len(leaking)},
        differences=[_show(*entry) for entry in differing[:_SHOWN]],
    )


def _show(text: str, wanted: Sequence[int], found: Sequence[int]) -> str:
    place = next(
        (i for i, (a, b) in enumerate(zip(wanted, found, strict=False)) if a != b), min(len(wanted), len(found))
    )
    return (
        f"{text[:60]!r}: from token {place} on Hugging Face says {list(wanted[place : place + _FEW])}, "
        f"llama.cpp {list(found[place : place + _FEW])}"
    )


def check_special(file: LlamaCpp, tokens: Tokens, described: Mapping[str, Any], *, turn_end: str | None) -> Check:
    """Compare BOS and EOS by id and by what is put around a text, and ask whether an answer's end token ends it."""
    problems = []
    for name, text in (("bos", tokens.bos), ("eos", tokens.eos)):
        wanted = tokens.id_of(text)
        if wanted is not None and described[name] != wanted:
            problems.append(f"{name.upper()} is {described[name]}, expected {wanted} ({text})")
    sample = "रायगड"
    wanted_ids = tokens.encode(sample, special=True)
    found_ids = file.tokenize([sample], add_special=True, parse_special=True)[0]
    if found_ids != wanted_ids:
        problems.append(
            f"around a text llama.cpp puts {_around(found_ids, tokens.encode(sample))}, "
            f"Hugging Face {_around(wanted_ids, tokens.encode(sample))} (add_bos is {described['add_bos']})"
        )
    ends = set(described["end_of_generation"])
    if described["eos"] not in ends:
        problems.append(f"EOS {described['eos']} does not end an answer in llama.cpp")
    if turn_end is not None:
        wanted = tokens.id_of(turn_end)
        if wanted is None:
            problems.append(f"the template ends an answer with {turn_end}, which is no token")
        elif wanted not in ends:
            problems.append(f"the template ends an answer with {turn_end} ({wanted}), at which llama.cpp does not stop")
    figures = {key: described[key] for key in ("bos", "eos", "eot", "add_bos", "add_eos", "end_of_generation")}
    says = "; ".join(problems) if problems else "BOS, EOS and the end of a turn mean the same on both sides"
    return Check(name="special tokens", passed=not problems, says=says, figures=figures | {"turn_end": turn_end})


def _around(ids: Sequence[int], bare: Sequence[int]) -> str:
    if list(ids) == list(bare):
        return "nothing"
    return f"{[token for token in ids if token not in bare] or list(ids)}"


def end_of_turn(tokens: Tokens) -> str | None:
    """Return the special token that the chat template puts after an answer: what the model learns to stop with."""
    jinja = tokens.jinja(strips_bos=False)
    if jinja is None:
        return None
    answer = "रायगडावर."
    messages = [{"role": "user", "content": "कोठे?"}, {"role": "assistant", "content": answer}]
    text = jinja.full(messages, generation=False)
    tail = text[text.rindex(answer) + len(answer) :].lstrip() if answer in text else ""
    return next((token for token in tokens.special_texts() if tail.startswith(token)), None)
