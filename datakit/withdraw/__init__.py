"""Taking a source back: child versions without it, payload gone, models labelled, and no way in again."""

from datakit.withdraw.plan import Plan, plan
from datakit.withdraw.withdraw import Withdrawn, withdraw

__all__ = ["Plan", "Withdrawn", "plan", "withdraw"]
