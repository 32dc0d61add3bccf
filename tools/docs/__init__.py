"""The generated parts of the documentation: `python -m tools.docs write` rewrites them, `check` compares them."""
