"""OpenSSF signatures of versions, runs and models, with a local key; nothing is sent anywhere."""

from datakit.sign.keys import create_key
from datakit.sign.signature import check_signature, sign, signature_path

__all__ = ["check_signature", "create_key", "sign", "signature_path"]
