"""What is wrong in a bureau's folder: where, and what to write instead. Never a value of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.contract_faults import kind_zh
from warehouse.database.errors import UsageError

TOLD_AT_ONCE = 5  # of a run; `minzheng doctor --bureau` tells all


@dataclass(frozen=True)
class Fault:
    """file: within the folder. line: counted from 1, null where the file as a whole is meant."""

    file: Path
    line: int | None
    problem: str

    def __str__(self) -> str:
        place = f" 第 {self.line} 行 line {self.line}" if self.line else ""
        return f"{self.file.as_posix()}{place}: {self.problem}"

    @property
    def shown(self) -> str:
        """As the doctor shows it: led by what kind of fault it is, in Chinese."""
        return f"坏（{kind_zh(self.problem)}） {self}"


def refuse(folder: Path, faults: Sequence[Fault]) -> None:
    """Raises UsageError with the first faults, where there are any."""
    if faults:
        more = f" ... {len(faults)} in all." if len(faults) > TOLD_AT_ONCE else ""
        raise UsageError(
            f"本局目录有误。 The bureau's folder {folder} cannot be used: "
            f"{' '.join(map(str, faults[:TOLD_AT_ONCE]))}{more} `minzheng doctor --bureau` tells all."
        )
