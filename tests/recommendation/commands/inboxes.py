"""What tests of the inbox do with it."""

import json
from pathlib import Path
from typing import Any

from recommendation.commands.inbox import Inbox


def poll(inbox: Inbox) -> int:
    """Look twice, as a watcher does, and answer."""
    inbox.claim_ready()
    inbox.claim_ready()
    return inbox.answer_claimed()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def answer_of(inbox: Inbox, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((inbox.answers / name).read_text())
    return content


def drop(inbox: Inbox, name: str, job: object) -> None:
    (inbox.inbox / name).write_text(json.dumps(job))
