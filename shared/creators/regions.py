"""Which region's credentials serve a marketplace: credentials of the Creators API are valid in one region each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Region = Literal["na", "eu", "fe"]
REGIONS: tuple[Region, ...] = get_args(Region)

_MEMBERS: dict[Region, str] = {
    "na": "amazon.com amazon.ca amazon.com.mx amazon.com.br",
    "eu": (
        "amazon.co.uk amazon.de amazon.fr amazon.it amazon.es amazon.nl amazon.se amazon.pl amazon.com.be amazon.in "
        "amazon.com.tr amazon.ae amazon.sa amazon.eg"
    ),
    "fe": "amazon.co.jp amazon.sg amazon.com.au",
}

# The region of each marketplace that has the interface.
REGION_OF: Mapping[str, Region] = MappingProxyType(
    {marketplace: region for region, members in _MEMBERS.items() for marketplace in members.split()}
)
