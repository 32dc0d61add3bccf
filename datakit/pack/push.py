"""Sending a packed folder to a hub: only when asked, only with a token in the environment, private unless told."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from datakit.errors import MissingDependencyError, OutputError, UsageError

TOKENS: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""Environment variables that may hold the token, the first one wins."""


class Hub(Protocol):
    """What a hub must be able to do."""

    def upload(self, folder: Path, repo: str, *, message: str, private: bool) -> str:
        """Put the files of a folder into a dataset repository, made where there is none; return its address."""
        ...


class HuggingFace:
    """The Hugging Face hub, through its own client with telemetry off."""

    def __init__(self, token: str) -> None:
        self._token = token

    def upload(self, folder: Path, repo: str, *, message: str, private: bool) -> str:
        """Upload; errors: `MissingDependencyError` without the client, `OutputError` with what the hub said."""
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        try:
            from huggingface_hub import HfApi
            from huggingface_hub.errors import HfHubHTTPError
        except ImportError as error:
            raise MissingDependencyError("--push needs huggingface_hub: pip install 'ancient-aurora[hub]'") from error
        api = HfApi(token=self._token)
        try:
            address = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
            api.upload_folder(repo_id=repo, repo_type="dataset", folder_path=folder, commit_message=message)
        except (HfHubHTTPError, OSError, ValueError) as error:
            raise OutputError(f"--push {repo}: the hub refused: {self._without_token(str(error))}") from error
        return str(address)

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…")


def token_of(environment: Mapping[str, str]) -> str:
    """Return the token that lies in an environment. Errors: `UsageError` where there is none."""
    for name in TOKENS:
        if environment.get(name, "").strip():
            return environment[name].strip()
    raise UsageError(f"--push: no token; put one that may write into {' or '.join(TOKENS)}, and run the command again")


def checked_repo(repo: str) -> str:
    """Return a repository's name as it is. Errors: `UsageError` where it is not `owner/name`."""
    owner, slash, name = repo.partition("/")
    if not (owner and slash and name) or "/" in name or repo.split() != [repo]:
        raise UsageError(f"--push {repo!r}: expected owner/name, such as history-society/marathi-history")
    return repo


def push(folder: Path, repo: str, hub: Hub, *, version: str, public: bool = False) -> str:
    """Send a packed folder to `repo` and return its address. Errors: as `checked_repo` and the hub."""
    return hub.upload(folder, checked_repo(repo), message=f"Version {version}", private=not public)
