"""Chat templates as the families publish them, rewritten here for the tests: the same text comes out of them.

One entry: the Jinja text, BOS and EOS, and whether llama.cpp puts the BOS in front.
"""

from typing import NamedTuple


class Case(NamedTuple):
    """One model's template."""

    text: str
    bos: str
    eos: str
    strips_bos: bool
    format: str
    default_system: str | None


_ALTERNATE = (
    "{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
)
_CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _with_default(text: str) -> str:
    return (
        "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\n" + text + "<|im_end|>\n' }}{% endif %}" + _CHATML
    )


_LLAMA_3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n'"
    " + message.content | trim + '<|eot_id|>' %}{% if loop.first %}{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
_LLAMA_31 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content | trim %}"
    "{% set messages = messages[1:] %}{% else %}{% set system = '' %}{% endif %}"
    "{{ '<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: 26 Jul 2024\n\n' + system + '<|eot_id|>' }}"
    "{% for message in messages %}{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n'"
    " + message.content | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
_GEMMA_3 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}"
    "{% for message in rest %}"
    + _ALTERNATE
    + "{% set role = 'model' if message.role == 'assistant' else message.role %}"
    "{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') }}{{ message.content | trim }}"
    "{{ '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
_GEMMA_2 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    + _ALTERNATE
    + "{% set role = 'model' if message.role == 'assistant' else message.role %}"
    "{{ '<start_of_turn>' + role + '\n' + message.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
_MISTRAL_1 = (
    "{{ bos_token }}{% for message in messages %}" + _ALTERNATE + "{% if message.role == 'user' %}"
    "{{ '[INST] ' + message.content + ' [/INST]' }}{% elif message.role == 'assistant' %}"
    "{{ message.content + eos_token }}{% else %}{{ raise_exception('only user and assistant') }}{% endif %}{% endfor %}"
)
_MISTRAL_3 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}"
    "{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{% for message in rest %}"
    "{% if message.role == 'user' %}{% if loop.last and system is defined %}"
    "{{ '[INST] ' + system + '\n\n' + message.content + '[/INST]' }}{% else %}"
    "{{ '[INST] ' + message.content + '[/INST]' }}{% endif %}{% else %}{{ ' ' + message.content + eos_token }}"
    "{% endif %}{% endfor %}"
)
_MISTRAL_7 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{{ '[SYSTEM_PROMPT]' + messages[0].content + '[/SYSTEM_PROMPT]' }}{% set rest = messages[1:] %}{% else %}"
    "{% set rest = messages %}{% endif %}{% for message in rest %}{% if message.role == 'user' %}"
    "{{ '[INST]' + message.content + '[/INST]' }}{% else %}{{ message.content + eos_token }}{% endif %}{% endfor %}"
)
_QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_SMOL = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

CASES: dict[str, Case] = {
    "chatml": Case(_CHATML, "", "<|im_end|>", False, "chatml", None),
    "smollm2": Case(_with_default(_SMOL), "<|im_start|>", "<|im_end|>", False, "chatml", _SMOL),
    "qwen2.5": Case(_with_default(_QWEN), "", "<|im_end|>", False, "chatml", _QWEN),
    "chatml behind a BOS of its own": Case("{{ bos_token }}" + _CHATML, "<s>", "</s>", False, "chatml", None),
    "llama-3": Case(_LLAMA_3, "<|begin_of_text|>", "<|eot_id|>", True, "llama-3", None),
    "llama-3.1": Case(_LLAMA_31, "<|begin_of_text|>", "<|eot_id|>", True, "llama-3", ""),
    "gemma-3": Case(_GEMMA_3, "<bos>", "<end_of_turn>", True, "gemma", None),
    "gemma-2": Case(_GEMMA_2, "<bos>", "<end_of_turn>", True, "gemma", None),
    "mistral v0.1": Case(_MISTRAL_1, "<s>", "</s>", True, "mistral", None),
    "mistral v0.3": Case(_MISTRAL_3, "<s>", "</s>", True, "mistral", None),
    "mistral v7": Case(_MISTRAL_7, "<s>", "</s>", True, "mistral", None),
}
