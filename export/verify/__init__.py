"""The gate: no export counts as done before llama.cpp itself answers as the Hugging Face model does."""
