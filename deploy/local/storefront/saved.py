"""A folder of saved pages, served in place of generated ones by the ASIN in the file name."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from deploy.local.storefront.marketplaces import MARKETPLACES

_ASIN = re.compile(r"(?:^|_)(B0[0-9A-Z]{8}|[0-9]{9}[0-9X])(?=_|$)")
_YEAR = re.compile(r"_((?:19|20)\d\d)$")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """One file: the host its prefix stands for (empty when it has none) and the year at its end."""

    path: Path
    host: str
    year: int


class SavedPages:
    """Finds the file for a product, for example ``jp_B07WXL5YPW_switch.html`` for B07WXL5YPW.

    Of several files of one ASIN the one whose prefix (``jp``, ``com``, ``uk``) fits the marketplace wins, then the
    newest year, then the last name in order.
    """

    def __init__(self, folder: Path | None) -> None:
        self._by_asin: dict[str, list[SavedPage]] = defaultdict(list)
        if folder is None:
            return
        if not folder.is_dir():
            raise NotADirectoryError(f"no folder of saved pages at {folder}")
        for path in sorted((*folder.glob("*.html"), *folder.glob("*.htm"))):
            self._index(path)

    def _index(self, path: Path) -> None:
        asin, year = _ASIN.search(path.stem), _YEAR.search(path.stem)
        if asin:
            host = _host_of_prefix(path.stem.partition("_")[0])
            self._by_asin[asin[1]].append(SavedPage(path, host, int(year[1]) if year else 0))

    def find(self, host: str, asin: str) -> Path | None:
        """The best file for the product, or None."""
        found = self._by_asin.get(asin)
        if not found:
            return None
        return max(found, key=lambda saved: (saved.host == host, saved.year, saved.path.name)).path

    def __len__(self) -> int:
        return sum(map(len, self._by_asin.values()))


def _host_of_prefix(prefix: str) -> str:
    name = {"jp": "co.jp", "us": "com"}.get(prefix, prefix)
    for tld in (name, f"co.{name}", f"com.{name}"):
        if f"amazon.{tld}" in MARKETPLACES:
            return f"amazon.{tld}"
    return ""
