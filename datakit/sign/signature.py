"""Signing a folder or a file, and checking a signature with the verifier of model-signing itself.

A signature lies beside what it signs, never in it: a version, a run and an export are immutable, and `verify` refuses
files that their manifest does not list. It covers every file of the folder, the manifest included, byte by byte.
"""

import os
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, IntegrityError, MissingDependencyError, UsageError
from datakit.lineage import MANIFEST
from datakit.sign.keys import INSTALL

SUFFIX: Final = ".sig"


def signature_path(target: Path) -> Path:
    """Return where the signature of a folder or file lies: `<folder>.sig` or `<file>.sig`, beside it.

    For a file inside a folder with a manifest that is `<folder>.<file>.sig`, beside the folder.
    """
    target = target.resolve()
    if target.is_file() and (target.parent / MANIFEST).exists():
        return target.parent.with_name(f"{target.parent.name}.{target.name}{SUFFIX}")
    return target.with_name(target.name + SUFFIX)


def sign(target: Path, *, key: Path, replace: bool = False) -> Path:
    """Sign a folder or file with a private key (PEM, P-256, P-384 or P-521) and return the signature's path.

    Errors: `InputError` where target or key cannot be read, `UsageError` where a signature is there already and not
    `replace`, or where the key is of another kind, `MissingDependencyError` without the extra `sign`.
    """
    signing, _ = _model_signing()
    _exists(target)
    _readable(key)
    signature = signature_path(target)
    if signature.exists() and not replace:
        raise UsageError(f"{signature}: is there already; --replace writes a new one in its place")
    fresh = signature.with_name(f".{signature.name}-{os.getpid()}")
    try:
        config = signing.Config().use_elliptic_key_signer(private_key=key)
        config.sign(target.resolve(), fresh)
        fresh.replace(signature)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{key}: cannot sign ({error}); expected a private key on P-256, P-384 or P-521") from error
    finally:
        fresh.unlink(missing_ok=True)
    return signature


def check_signature(target: Path, *, key: Path) -> Path:
    """Check the signature of a folder or file against a public key and return the signature's path.

    Errors: `IntegrityError` where the signature is of another key or of other bytes, with the files that differ;
    `InputError` where there is no signature or no key; `MissingDependencyError` without the extra `sign`.
    """
    _, verifying = _model_signing()
    _exists(target)
    _readable(key)
    signature = signature_path(target)
    if not signature.is_file():
        raise InputError(f"{signature}: no signature; `datakit sign {target} --key PRIVATE.pem` writes one")
    from cryptography.exceptions import InvalidSignature

    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=key)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{key}: not a public key that can be used ({error}); expected PEM, P-256 to P-521") from error
    try:
        verifier.verify(target.resolve(), signature)
    except (ValueError, InvalidSignature, KeyError, TypeError) as error:
        why = str(error) or "it was made with another key, or was changed"
        raise IntegrityError(f"{signature}: does not hold for {target}: {why}") from error
    return signature


def _model_signing() -> tuple[Any, Any]:
    try:
        from model_signing import signing, verifying
    except ImportError as error:
        raise MissingDependencyError(f"signing needs a package that is not installed ({error}); {INSTALL}") from error
    return signing, verifying


def _exists(target: Path) -> None:
    if not target.exists():
        raise InputError(f"{target}: nothing is there; expected the folder of a version, run or export, or a file")


def _readable(key: Path) -> None:
    if not key.is_file():
        if key.suffix == ".pub":
            raise InputError(f"{key}: no key is there; expected the public key that the signer gave you")
        raise InputError(f"{key}: no key is there; `datakit sign --new-key {key}` makes a pair")
