"""Does what a contract says fit the column of the record it fills: in type, unit and codes?

What fits nobody would come out empty, or as another amount, and nobody would hear of it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from ingestion.records import RecordColumn
from ingestion.value import (
    AMOUNT_UNITS,
    CODED,
    FUNCTIONS,
    PIECES,
    READ_FROM,
    TAKES,
    TEXTS,
    UNITS,
    Value,
    piece_type,
    unit_of,
)

if TYPE_CHECKING:
    from ingestion.contract import Column

# Years of the days that lines can say (clean.calendar_date); an end that never comes is 9999-12-31.
YEARS = range(1850, 2201)
ENDLESS = "9999-12-31"
# Of a constant in a sum: whatever the others are counted in.
ANY_UNIT = "any"


def is_of_type(constant: str, kind: str) -> bool:
    """Whether a constant can be read: days of YEARS as 2025-06-30, months as 2025-06, numbers as 1.5."""
    try:
        if kind in ("date", "end_date", "month"):
            day = date.fromisoformat(f"{constant}-01" if kind == "month" else constant)
            return day.year in YEARS or (kind == "end_date" and constant == ENDLESS)
        elif kind in ("yuan", "number", "share"):
            return Decimal(constant).is_finite()
        elif kind == "instant":
            return datetime.fromisoformat(constant).tzinfo is not None
    except (ValueError, ArithmeticError):
        return False
    return True


def check_agreement(
    described: RecordColumn,
    value: Value,
    columns: Mapping[str, "Column"],
    fail: Callable[[str], Exception],
) -> None:
    """Raises what ``fail`` makes of the problem. columns: those of the file, by the names the value has for them."""
    _Agreement(described, columns, fail).check(value)


class _Agreement:
    def __init__(
        self, described: RecordColumn, columns: Mapping[str, "Column"], fail: Callable[[str], Exception]
    ) -> None:
        self.described = described
        self.columns = columns
        self._fail = fail
        self.unit = unit_of(described.type, described.unit)

    def fail(self, problem: str, sign: str = ":") -> NoReturn:
        raise self._fail(f"{self.described.name}{sign} {problem}")

    def check(self, value: Value) -> None:
        if constants := self._constants(value):
            self._check_constants(constants, self.described.type)
            self._check_codes(constants)
            self._check_range(constants)
        elif value.function == "first_of":
            for inner in value.arguments:
                self.check(inner)
        elif value.column is not None:
            self._check_column(self.columns[value.column])
        else:
            self._check_function(value)

    def _constants(self, value: Value) -> tuple[str, ...]:
        """All it may give where the contract itself says what: a constant, what codes stand for."""
        if not value.codes:
            return value.arguments if value.function == "constant" else ()
        if value.function not in CODED:
            self.fail(f"codes stand beside {', '.join(CODED)}, not beside {value.function}.")
        source = self.columns[value.column] if value.column else None
        if source is not None and source.type not in (*TEXTS, "number"):
            self._disagree(source.header, source.type)
        return tuple(code for code in value.codes.values() if code is not None)

    def _check_constants(self, constants: Iterable[str], kind: str) -> None:
        for constant in constants:
            if not is_of_type(constant, kind):
                self.fail(f"{constant} is no constant of type {kind}.")

    def _check_codes(self, codes: Iterable[str]) -> None:
        known = self.described.codes
        if known and (unknown := set(codes) - set(known)):
            self.fail(
                f"{', '.join(sorted(unknown))} is no code of {self.described.title}. "
                f"Map own codes with codes: {{own: code}}. Known: {', '.join(known)}."
            )

    def _check_range(self, constants: Iterable[str]) -> None:
        known = self.described.bounds
        for constant in constants:
            if known is not None and not known.holds(Decimal(constant)):
                self.fail(f"{constant} is outside {known}.")

    def _check_column(self, source: "Column") -> None:
        if source.type not in READ_FROM[self.described.type]:
            self._disagree(source.header, source.type)
        if self.described.unit is not None and source.unit not in UNITS[self.described.unit]:
            said = f"is in {source.unit}, which is not known" if source.unit else "does not say its unit"
            self.fail(f"{source.header} {said}. {self._how_to_say()}")
        self._check_codes(source.codes)

    def _check_function(self, value: Value) -> None:
        given = FUNCTIONS[value.function]
        self._check_taken(value)
        kind = self.described.type
        fits = (
            kind == given
            or (given == "number" and kind in ("yuan", "share"))
            or (given == "text" and kind in TEXTS)
            or (given == "date" and kind == "end_date")
            or (value.function == "split" and kind in PIECES)
        )
        if not fits:
            self._disagree(value.function, given)
        if self.described.codes and value.function not in CODED:
            self.fail(
                f"what {value.function} gives is in no list of codes. Write codes: {{own: code}} beside "
                f"{' or '.join(CODED)}. Known: {', '.join(self.described.codes)}."
            )
        if given == "number" and self._counted_in(value) not in (self.unit, ANY_UNIT):
            headers = {self.columns[one.column].header: None for one in value.parts() if one.column}
            self.fail(
                f"nothing says that {value.function} of {', '.join(headers) or 'constants'} is in "
                f"{self.unit}. {self._how_to_say()}"
                if self.unit
                else f"is in no unit, {value.function} gives one."
            )
        if self.described.range:
            # Landing judges columns, and could not say which line to correct.
            self.fail(
                f"takes {self.described.range}, of a column or a constant, not what {value.function} gives."
            )

    def _how_to_say(self) -> str:
        """What to write at a column that does not say in what it is counted."""
        known = (
            f"its type: {', '.join(AMOUNT_UNITS)}"
            if self.described.unit is None
            else f"its unit: {', '.join(UNITS[self.described.unit])}"
        )
        return f"Write at the column {known}; it is taken in {self.unit}."

    def _check_taken(self, value: Value) -> None:
        """A function over what it can work with, down to the columns."""
        if value.function == "day_of":
            for source in map(self.columns.__getitem__, value.arguments):
                if source.type not in (*TEXTS, "number"):
                    self._disagree(source.header, source.type)
        for inner in value.arguments:
            if not isinstance(inner, Value):
                continue
            if constants := self._constants(inner):
                self._check_constants(constants, value.given)
            elif inner.column is not None:
                source = self.columns[inner.column]
                if source.type not in TAKES[value.function]:
                    self.fail(
                        f"{value.function} takes {', '.join(TAKES[value.function])}; {source.header} "
                        f"is of type {source.type}. Correct its type in schema."
                    )
            elif not (inner.function == "split" and piece_type(value.function)):
                if FUNCTIONS[inner.function] not in TAKES[value.function]:
                    self._disagree(inner.function, FUNCTIONS[inner.function])
                self._check_taken(inner)

    def _counted_in(self, value: Value) -> str | None:
        """In what a number is counted, null where in nothing that has a unit."""
        if value.codes or value.function == "constant":
            return ANY_UNIT
        if value.column is not None:
            source = self.columns[value.column]
            unit = unit_of(source.type, source.unit)
            return self.unit if unit in UNITS.get(self.unit or "", ()) else unit
        if value.function == "count":
            return None
        units = [self._counted_in(inner) for inner in value.arguments]
        if value.function == "sum":
            said = {unit for unit in units if unit != ANY_UNIT} or {ANY_UNIT}
            if len(said) > 1:
                self.fail(
                    f"sum of what is counted in {' and '.join(sorted(unit or 'nothing' for unit in said))}."
                )
            return said.pop()
        # A constant is a factor here.
        factors = [None if unit == ANY_UNIT else unit for unit in units]
        if value.function == "quotient":
            dividend, divisor = factors
            return None if dividend == divisor else dividend
        if factors.count(self.unit) > 1:
            self.fail(f"product of two columns in {self.unit}.")
        return self.unit if self.unit in factors else next((unit for unit in factors if unit), None)

    def _disagree(self, header: str, given: str) -> NoReturn:
        self.fail(
            f"is of type {self.described.type}, {header} of type {given}. Correct the type of the column in "
            "schema, or use a function.",
            sign="",
        )
