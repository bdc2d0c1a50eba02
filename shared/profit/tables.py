"""The data behind an analysis: shipping, fees, duty and category words, loaded from TOML and checked as a whole.

Reading the files, once at start, is the only input or output of this package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.profit.categories import Category, CategoryTable
from shared.profit.errors import TablesError, UnknownCategoryError
from shared.validation import sentence

ShippingTier = Literal["economy", "premium"]
Percent = Annotated[Decimal, Field(ge=0, lt=100)]
Points = Annotated[Decimal, Field(ge=0, le=100_000)]

BUNDLED = Path(__file__).parent / "data"
FILES = ("shipping.toml", "fees.toml", "duty.toml", "categories.toml")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Band(_Table):
    """A stretch of weights: its first step costs `first_points`, each further one `step_points` more."""

    up_to_g: int = Field(gt=0)
    first_points: Points
    step_points: Points


class ShippingTable(_Table):
    """The forwarder's prices by weight."""

    point_jpy: Decimal = Field(gt=0, le=1_000_000)
    step_g: int = Field(gt=0)
    max_weight_g: int = Field(gt=0)
    tiers: dict[ShippingTier, tuple[Band, ...]]

    @model_validator(mode="after")
    def bands_cover_every_weight(self) -> Self:
        for tier in ("economy", "premium"):
            ends = [band.up_to_g for band in self.tiers.get(tier, ())]
            if not ends or ends[-1] != self.max_weight_g or ends != sorted(set(ends)):
                raise ValueError(f"tiers.{tier}: bands must rise in up_to_g and end at max_weight_g")
            if any(end % self.step_g for end in ends):
                raise ValueError(f"tiers.{tier}: every up_to_g must be a multiple of step_g")
        return self


class FeeTable(_Table):
    """What the platform keeps, in percent of the selling price, by category."""

    fee_percent: dict[str, Percent]


class DutyTable(_Table):
    """What a buyer owes on import, in percent, by category."""

    default_percent: Percent
    vat_percent: Percent
    exempt_up_to_krw: int = Field(ge=0)
    duty_percent: dict[str, Annotated[Decimal, Field(ge=0, le=1000)]] = {}


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything an analysis looks up."""

    shipping: ShippingTable
    fees: FeeTable
    duty: DutyTable
    categories: CategoryTable

    def family(self, category: str) -> str:
        """The parent of `category`, or itself."""
        return self.category(category).parent or category

    def category(self, key: str) -> Category:
        """The category named `key`; raises UnknownCategoryError."""
        found = self.categories.categories.get(key)
        if found is None:
            raise UnknownCategoryError(f"{key!r} is no category; known are {', '.join(self.categories.categories)}.")
        return found

    def fee_percent(self, category: str) -> Decimal:
        """The platform's share for `category`, else for its parent."""
        fees = self.fees.fee_percent
        return fees[category] if category in fees else fees[self.family(category)]

    def duty_percent(self, category: str) -> Decimal:
        """The duty on `category`, else on its parent, else the default."""
        duties = self.duty.duty_percent
        return duties.get(category, duties.get(self.family(category), self.duty.default_percent))


def load_tables(folder: Path | None = None) -> Tables:
    """The bundled tables, each file replaced by the one of the same name in `folder`; raises TablesError."""
    paths = {name: BUNDLED / name for name in FILES}
    if folder is not None:
        paths.update(_replacements(folder))
    return parse_tables({name: _read(path) for name, path in paths.items()})


def parse_tables(texts: Mapping[str, str]) -> Tables:
    """The tables from the text of each of FILES, checked one by one and against one another; raises TablesError."""
    tables = Tables(
        shipping=_parse("shipping.toml", texts, ShippingTable),
        fees=_parse("fees.toml", texts, FeeTable),
        duty=_parse("duty.toml", texts, DutyTable),
        categories=_parse("categories.toml", texts, CategoryTable),
    )
    _check_together(tables)
    return tables


def _replacements(folder: Path) -> dict[str, Path]:
    try:
        found = {path.name: path for path in sorted(folder.iterdir()) if path.suffix == ".toml"}
    except OSError as error:
        raise TablesError(f"{folder}: the folder of profit tables cannot be read: {error.strerror}") from error
    if unknown := sorted(found.keys() - set(FILES)):
        raise TablesError(f"{folder / unknown[0]}: no such table; known are {', '.join(FILES)}")
    if not found:
        raise TablesError(f"{folder}: holds no table; known are {', '.join(FILES)}")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TablesError(f"{path}: cannot be read: {error}") from error


_T = TypeVar("_T", bound=BaseModel)


def _parse(name: str, texts: Mapping[str, str], table: type[_T]) -> _T:
    try:
        return table.model_validate(tomllib.loads(texts[name], parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise TablesError(f"{name}: not TOML: {error}") from error
    except ValidationError as error:
        wrong = (f"{name}: {'.'.join(map(str, e['loc'])) or 'table'}: {sentence(e)}" for e in error.errors())
        raise TablesError("; ".join(wrong)) from error


def _check_together(tables: Tables) -> None:
    known = tables.categories.categories
    for name, key, keys in (
        ("fees.toml", "fee_percent", tables.fees.fee_percent),
        ("duty.toml", "duty_percent", tables.duty.duty_percent),
    ):
        if strange := [category for category in keys if category not in known]:
            raise TablesError(f"{name}: {key}.{strange[0]}: no category of that name in categories.toml")
    for key, category in known.items():
        if not {key, category.parent} & tables.fees.fee_percent.keys():
            raise TablesError(f"fees.toml: fee_percent.{key}: missing")
