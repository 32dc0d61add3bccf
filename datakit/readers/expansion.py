"""Stop an archive that unpacks to far more than it should, while it is being read."""

from datakit.readers.document import Stream
from datakit.readers.limits import ARCHIVE_BYTES, ARCHIVE_FLOOR_BYTES, ARCHIVE_RATIO
from datakit.readers.row import Broken


class Budget:
    """How much one archive may unpack to. Real bytes are counted: what a header claims is the attacker's word."""

    def __init__(self, packed: int) -> None:
        self.packed = packed
        self.spent = 0
        self.limit = min(ARCHIVE_BYTES, max(ARCHIVE_FLOOR_BYTES, packed * ARCHIVE_RATIO))

    def spend(self, count: int) -> None:
        """Count unpacked bytes. Errors: `Broken` when there are too many."""
        self.spent += count
        if self.spent > self.limit:
            raise Broken(
                "archive_too_large",
                f"found more than {self.limit:,} bytes unpacked from {self.packed:,} (limit {ARCHIVE_RATIO} to 1); "
                "expected text; if it is no bomb, unpack it and put the files under raw/",
            )


class Counted:
    """A stream whose bytes are charged to a budget."""

    def __init__(self, source: Stream, budget: Budget) -> None:
        self._source = source
        self._budget = budget

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the source."""
        data = self._source.read(size)
        self._budget.spend(len(data))
        return data

    def close(self) -> None:
        """Close the source."""
        self._source.close()
