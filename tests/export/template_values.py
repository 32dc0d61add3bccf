"""What Ollama hands to a template in these tests."""

from export.go_template import ollama_values

VALUES = ollama_values(
    [
        {"role": "system", "content": "मराठी"},
        {"role": "user", "content": "राज्याभिषेक कधी?"},
        {"role": "assistant", "content": "१६७४"},
    ]
)
