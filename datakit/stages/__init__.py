"""Every stage there is, by the name a recipe uses, in the order of the default recipe."""

from typing import Final

from datakit.stage import Stage
from datakit.stages.chat import Chat
from datakit.stages.conflicts import Conflicts
from datakit.stages.damage import Damage
from datakit.stages.decontaminate import Decontaminate
from datakit.stages.exact_dedup import ExactDedup
from datakit.stages.holdout import Holdout
from datakit.stages.language import Language
from datakit.stages.length import Length
from datakit.stages.near_dedup import NearDedup
from datakit.stages.normalize import Normalize
from datakit.stages.pii import Pii
from datakit.stages.placeholder import Placeholder
from datakit.stages.quality import Quality
from datakit.stages.script import Script
from datakit.stages.split import Split
from datakit.stages.validate import Validate

STAGES: Final[dict[str, type[Stage]]] = {
    # row stages: one batch at a time
    "normalize": Normalize,
    "validate": Validate,
    "damage": Damage,
    "script": Script,
    "language": Language,
    "length": Length,
    "placeholder": Placeholder,
    "quality": Quality,
    "pii": Pii,
    "decontaminate": Decontaminate,
    "chat": Chat,
    # corpus stages: keys of the whole corpus
    "exact_dedup": ExactDedup,
    "near_dedup": NearDedup,
    "conflicts": Conflicts,
    "split": Split,
    "holdout": Holdout,
}
