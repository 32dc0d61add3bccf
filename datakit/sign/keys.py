"""A key pair for signing: a private file for one person, a public one for everybody."""

import os
from pathlib import Path

from datakit.errors import MissingDependencyError, UsageError

INSTALL = "pip install 'ancient-aurora[sign]'"


def create_key(path: Path) -> Path:
    """Write a new private key (P-256, PEM, not encrypted, readable by its owner alone) and, beside it, `<path>.pub`.

    Returns the path of the public key. Errors: `UsageError` where one of the files is there already,
    `MissingDependencyError` without the extra `sign`.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise MissingDependencyError(f"signing needs a package that is not installed ({error}); {INSTALL}") from error
    public = path.with_name(path.name + ".pub")
    for file in (path, public):
        if file.exists():
            raise UsageError(f"{file}: is there already; a key is never written over. Name another file")
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123 - the mode counts from the first byte on
        stream.write(secret)
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return public
