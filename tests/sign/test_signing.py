"""What a failure to sign leaves, and which changes break a signature."""

import sys
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, IntegrityError, MissingDependencyError, UsageError
from datakit.sign import check_signature, create_key, sign

pytest.importorskip("model_signing", reason="the extra `sign` is not installed")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with a file in it."""
    folder = tmp_path / "home" / "शिवाजी 1"
    folder.mkdir(parents=True)
    (folder / "rows.txt").write_text("राज्याभिषेक", encoding="utf-8")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key."""
    create_key(tmp_path / "k.pem")
    return tmp_path / "k.pem"


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_signs_nothing(content: bytes, target: Path, tmp_path: Path) -> None:
    """What cannot sign is named with what was expected; no signature and no part of one is left."""
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(
        UsageError, match=r"bad\.pem: cannot sign \(.*; expected a private key on P-256, P-384 or P-521"
    ):
        sign(target, key=tmp_path / "bad.pem")
    assert names(target.parent) == [target.name]


def test_a_failed_replacement_leaves_the_signature_that_was_there(target: Path, key: Path, tmp_path: Path) -> None:
    """Signing anew with a key that cannot sign keeps the old signature, which still holds."""
    signature = sign(target, key=key)
    whole = signature.read_bytes()
    (tmp_path / "bad.pem").write_text("no key")
    with pytest.raises(UsageError, match="cannot sign"):
        sign(target, key=tmp_path / "bad.pem", replace=True)
    assert signature.read_bytes() == whole
    assert names(target.parent) == sorted([target.name, signature.name])
    check_signature(target, key=key.with_name("k.pem.pub"))


@pytest.mark.parametrize("content", ["", "{}", "[1]", "{", '{"dsseEnvelope": {}}'])
def test_a_signature_that_is_none_does_not_hold(content: str, target: Path, key: Path) -> None:
    """An empty, torn or other file under the signature's name is an integrity error with both names."""
    signature = sign(target, key=key)
    signature.write_text(content)
    with pytest.raises(IntegrityError) as caught:
        check_signature(target, key=key.with_name("k.pem.pub"))
    assert str(caught.value).startswith(f"{signature}: does not hold for {target}: ")


@pytest.mark.parametrize("change", ["renamed", "moved inside", "emptied", "linked"])
def test_a_folder_that_was_changed_does_not_hold(change: str, target: Path, key: Path) -> None:
    """The same bytes under another name or place, and no bytes, are changes."""
    sign(target, key=key)
    file = target / "rows.txt"
    if change == "renamed":
        file.rename(target / "rows2.txt")
    elif change == "moved inside":
        (target / "in").mkdir()
        file.rename(target / "in" / "rows.txt")
    elif change == "emptied":
        file.write_bytes(b"")
    else:
        file.rename(target.parent / "outside")
        file.symlink_to(target.parent / "outside")
    with pytest.raises(IntegrityError, match="does not hold for"):
        check_signature(target, key=key.with_name("k.pem.pub"))


def test_a_private_key_checks_nothing(target: Path, key: Path) -> None:
    """Given the private key in the place of the public one, the message says what was expected."""
    sign(target, key=key)
    with pytest.raises(UsageError, match=r"k\.pem: not a public key that can be used \(.*expected PEM, P-256 to P-521"):
        check_signature(target, key=key)


def test_what_is_not_there_is_told_before_anything_is_written(tmp_path: Path, key: Path) -> None:
    """A missing target and a missing key are told apart; a public key that is missing comes from the signer."""
    with pytest.raises(InputError, match=r"none: nothing is there; expected the folder of a version, run or export"):
        check_signature(tmp_path / "none", key=key)
    (tmp_path / "t").write_text("x")
    with pytest.raises(InputError, match=r"no\.pem: no key is there; `datakit sign --new-key .*no\.pem` makes a pair"):
        sign(tmp_path / "t", key=tmp_path / "no.pem")
    with pytest.raises(InputError, match=r"no\.pub: no key is there; expected the public key that the signer gave you"):
        check_signature(tmp_path / "t", key=tmp_path / "no.pub")
    with pytest.raises(InputError, match=rf"t\.sig: no signature; `datakit sign {tmp_path / 't'} --key PRIVATE\.pem`"):
        check_signature(tmp_path / "t", key=key)


def test_without_the_package_the_install_line_is_named(target: Path, key: Path, monkeypatch: Any) -> None:
    """Signing and checking say what to install."""
    monkeypatch.setitem(sys.modules, "model_signing", None)
    for call in (sign, check_signature):
        with pytest.raises(MissingDependencyError, match=r"pip install 'ancient-aurora\[sign\]'"):
            call(target, key=key)
