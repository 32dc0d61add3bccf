"""What people decide about rows: an append-only log beside the versions, and what it comes to.

A decision names a row by `raw_sha256`, the digest of its text as read, before any stage. A row's final id changes with
the system prompt and with every spelling rule, and a row rejected early has none; file and line change when a source
grows. The digest stays as long as the text that the person saw does, and where the source's text changes, the decision
is stale and is reported: nobody has looked at the new text yet. Equal text in two sources shares a decision.
"""

from datakit.decisions.decision import ACTIONS, EDITED, REJECTED, Decision
from datakit.decisions.log import DECISIONS, DecidedMeanwhile, DecisionLog, decisions_file
from datakit.decisions.offered import offered
from datakit.decisions.resolve import Standing, resolve

__all__ = [
    "ACTIONS",
    "DECISIONS",
    "EDITED",
    "REJECTED",
    "DecidedMeanwhile",
    "Decision",
    "DecisionLog",
    "Standing",
    "decisions_file",
    "offered",
    "resolve",
]
