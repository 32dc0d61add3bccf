"""Signatures that model-signing's own verifier accepts, and what it says when something was changed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import InputError, IntegrityError, UsageError
from datakit.sign import check_signature, create_key, sign, signature_path
from datakit.store import verify
from tests.trace.made import make_model, make_run

pytest.importorskip("model_signing", reason="the extra `sign` is not installed")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    create_key(tmp_path / "keys" / "mine.pem")
    return tmp_path / "keys" / "mine.pem"


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


def test_the_peers_own_command_accepts_what_we_sign(version: Path, key: Path) -> None:
    """`python -m model_signing verify key` of the signed folder ends well, and fails after one changed byte."""
    signature = sign(version, key=key)
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(version)]
    command += ["--signature", str(signature), "--public_key", str(public(key))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (version / "README.md").chmod(0o644)
    (version / "README.md").write_bytes((version / "README.md").read_bytes() + b" ")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_versions_runs_and_models_are_signed_beside_and_stay_whole(version: Path, key: Path, tmp_path: Path) -> None:
    """Nothing is added to a signed folder, so that it verifies as before; a model file has a signature of its own."""
    run = make_run(tmp_path / "runs", version)
    model = make_model(tmp_path / "models", run)
    for target in (version, run, model.parent, model):
        signature = sign(target, key=key)
        assert signature == signature_path(target)
        assert not signature.is_relative_to(model.parent)
        assert check_signature(target, key=public(key)) == signature
    for folder in (version, run, model.parent):
        verify(folder)
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(model.read_bytes())
    assert sign(bare, key=key).name == "bare.gguf.sig"


def test_every_kind_of_change_breaks_the_signature(version: Path, key: Path, tmp_path: Path) -> None:
    """A changed, an added and a missing file, another key and an edited signature are each an integrity error."""
    signature = sign(version, key=key)
    whole = signature.read_bytes()
    create_key(tmp_path / "other.pem")
    with pytest.raises(IntegrityError, match="does not hold for"):
        check_signature(version, key=public(tmp_path / "other.pem"))
    body = json.loads(whole)
    body["dsseEnvelope"]["payload"] = "e30="
    signature.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(IntegrityError, match="does not hold for"):
        check_signature(version, key=public(key))
    signature.write_bytes(whole)
    (version / "extra").write_text("x", encoding="utf-8")
    with pytest.raises(IntegrityError, match="extra"):
        check_signature(version, key=public(key))
    (version / "extra").unlink()
    check_signature(version, key=public(key))
    (version / "test.parquet").unlink()
    with pytest.raises(IntegrityError, match=r"test\.parquet"):
        check_signature(version, key=public(key))


def test_keys_are_private_and_never_written_over(key: Path) -> None:
    """Only its owner can read a private key, and a second one under its name is refused."""
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="a key is never written over"):
        create_key(key)


def test_what_is_missing_is_told_with_the_next_step(version: Path, key: Path, tmp_path: Path) -> None:
    """No signature, no key, no target, a key that cannot sign, and a signature that is there already."""
    with pytest.raises(InputError, match=r"no signature; `datakit sign .* writes one"):
        check_signature(version, key=public(key))
    with pytest.raises(InputError, match=r"no key is there; `datakit sign --new-key"):
        sign(version, key=tmp_path / "none.pem")
    sign(version, key=key)
    with pytest.raises(InputError, match=r"none\.pem\.pub: no key is there; expected the public key that the signer"):
        check_signature(version, key=tmp_path / "none.pem.pub")
    signature_path(version).unlink()
    with pytest.raises(InputError, match="nothing is there"):
        sign(tmp_path / "none", key=key)
    with pytest.raises(UsageError, match=r"cannot sign .* expected a private key"):
        sign(version, key=public(key))
    sign(version, key=key)
    with pytest.raises(UsageError, match="--replace writes a new one"):
        sign(version, key=key)
    assert sign(version, key=key, replace=True).is_file()
    assert [path.name for path in version.parent.iterdir() if path.name.startswith(".") and "sig" in path.name] == []


def test_the_commands_make_a_key_sign_and_verify(version: Path, tmp_path: Path) -> None:
    """From nothing to a checked signature in three commands; a damaged version is not signed."""
    run = CliRunner().invoke
    pem = str(tmp_path / "k.pem")
    at = ["--curated", str(version.parent.parent)]
    assert run(app, ["sign", "--new-key", pem]).exit_code == 0
    assert run(app, ["sign", "plain", "--key", pem, *at]).output.strip() == str(signature_path(version))
    done = run(app, ["verify", "plain", "--key", pem + ".pub", *at])
    assert f"signed with {pem}.pub" in done.output
    assert isinstance(run(app, ["sign", "plain"]).exception, UsageError)
    (version / "README.md").chmod(0o644)
    (version / "README.md").write_text("x", encoding="utf-8")
    assert isinstance(run(app, ["sign", "plain", "--key", pem, "--replace", *at]).exception, IntegrityError)
