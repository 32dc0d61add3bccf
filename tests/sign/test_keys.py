"""Where a signature lies, and what a key pair is."""

import os
from pathlib import Path

import pytest

from datakit.errors import UsageError
from datakit.sign import create_key, signature_path

pytest.importorskip("model_signing", reason="the extra `sign` is not installed")


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_signature_lies_beside_what_it_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a folder or a file under its own name; for a file of a sealed folder beside that folder."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "m.gguf").write_bytes(b"x")
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed" / "manifest.json").write_text("{}")
    (tmp_path / "sealed" / "m.gguf").write_bytes(b"x")
    found = {
        path: signature_path(tmp_path / path).relative_to(tmp_path.resolve()).as_posix()
        for path in ("plain", "plain/", "plain/m.gguf", "sealed", "sealed/m.gguf", "plain/../sealed/m.gguf")
    }
    assert found == {
        "plain": "plain.sig",
        "plain/": "plain.sig",
        "plain/m.gguf": "plain/m.gguf.sig",
        "sealed": "sealed.sig",
        "sealed/m.gguf": "sealed.m.gguf.sig",
        "plain/../sealed/m.gguf": "sealed.m.gguf.sig",
    }
    monkeypatch.chdir(tmp_path / "sealed")
    assert signature_path(Path()) == tmp_path.resolve() / "sealed.sig"


def test_a_pair_is_a_private_and_a_public_file(tmp_path: Path) -> None:
    """The private key is readable by its owner alone whatever the mask says; folders on the way are made."""
    before = os.umask(0)
    try:
        public = create_key(tmp_path / "a" / "b" / "मी.pem")
    finally:
        os.umask(before)
    private = tmp_path / "a" / "b" / "मी.pem"
    assert public == private.with_name("मी.pem.pub")
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert create_key(tmp_path / "c.pem").read_bytes() != public.read_bytes()


@pytest.mark.parametrize("there", ["k.pem", "k.pem.pub"])
def test_neither_file_of_a_pair_is_written_over(there: str, tmp_path: Path) -> None:
    """One of the two being there is enough: it is named, and no other is made."""
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError) as caught:
        create_key(tmp_path / "k.pem")
    assert str(caught.value) == (
        f"{tmp_path / there}: is there already; a key is never written over. Name another file"
    )
    assert names(tmp_path) == [there]
    assert (tmp_path / there).read_text() == "mine"
