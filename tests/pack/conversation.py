"""One question and its answer."""

TURNS = [{"role": "user", "content": "कोठे?"}, {"role": "assistant", "content": "रायगडावर."}]
