"""The Amazon marketplaces: their hosts, money, languages and ways of writing numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One storefront. `languages` are BCP 47 tags, the default one first.

    `decimal` is the mark before the cents in the default language; `minor_digits` is how many digits follow it.
    """

    name: str
    country: str
    currency: str
    languages: tuple[str, ...]
    decimal: Literal[".", ","] = "."
    minor_digits: int = 2

    @property
    def host(self) -> str:
        """The host that serves the storefront."""
        return f"www.{self.name}"

    @property
    def language(self) -> str:
        """The language shown to a visitor who asks for none."""
        return self.languages[0]

    @property
    def accept_language(self) -> str:
        """The value of the `Accept-Language` header that keeps pages in the default language."""
        primary = self.language.partition("-")[0]
        return f"{self.language},{primary};q=0.9"


_TABLE = (
    Marketplace("amazon.co.jp", "JP", "JPY", ("ja-JP", "en-US", "zh-CN"), ".", 0),
    Marketplace(
        "amazon.com", "US", "USD", ("en-US", "es-US", "zh-CN", "zh-TW", "de-DE", "pt-BR", "ko-KR", "he-IL", "ar-AE")
    ),
    Marketplace("amazon.co.uk", "GB", "GBP", ("en-GB",)),
    Marketplace("amazon.de", "DE", "EUR", ("de-DE", "en-GB", "cs-CZ", "nl-NL", "pl-PL", "tr-TR", "da-DK"), ","),
    Marketplace("amazon.fr", "FR", "EUR", ("fr-FR", "en-GB"), ","),
    Marketplace("amazon.it", "IT", "EUR", ("it-IT", "en-GB"), ","),
    Marketplace("amazon.es", "ES", "EUR", ("es-ES", "en-GB", "pt-PT", "ca-ES"), ","),
    Marketplace("amazon.nl", "NL", "EUR", ("nl-NL", "en-GB"), ","),
    Marketplace("amazon.se", "SE", "SEK", ("sv-SE", "en-GB"), ","),
    Marketplace("amazon.pl", "PL", "PLN", ("pl-PL",), ","),
    Marketplace("amazon.com.be", "BE", "EUR", ("fr-BE", "nl-BE", "en-GB", "de-DE"), ","),
    Marketplace("amazon.ca", "CA", "CAD", ("en-CA", "fr-CA")),
    Marketplace("amazon.com.mx", "MX", "MXN", ("es-MX", "en-US")),
    Marketplace("amazon.com.br", "BR", "BRL", ("pt-BR",), ","),
    Marketplace("amazon.in", "IN", "INR", ("en-IN", "hi-IN", "ta-IN", "te-IN", "kn-IN", "ml-IN", "bn-IN", "mr-IN")),
    Marketplace("amazon.com.au", "AU", "AUD", ("en-AU",)),
    Marketplace("amazon.sg", "SG", "SGD", ("en-SG",)),
    Marketplace("amazon.ae", "AE", "AED", ("en-AE", "ar-AE")),
    Marketplace("amazon.sa", "SA", "SAR", ("ar-AE", "en-AE")),
    Marketplace("amazon.com.tr", "TR", "TRY", ("tr-TR", "en-GB"), ","),
    Marketplace("amazon.eg", "EG", "EGP", ("ar-AE", "en-AE")),
    Marketplace("amazon.cn", "CN", "CNY", ("zh-CN",)),
)

MARKETPLACES: Mapping[str, Marketplace] = MappingProxyType({place.name: place for place in _TABLE})

# Other hosts under these domains (music., aws., sellercentral.) are not storefronts.
_SUBDOMAIN = re.compile(r"(?:www|smile|m|mobile|[a-z]{2})\.(?=amazon\.)")


def by_host(host: str) -> Marketplace | None:
    """The marketplace that `host` belongs to, or None.

    The bare domain and its `www`, `smile`, mobile and two-letter language hosts count; a look-alike never does.
    """
    return MARKETPLACES.get(_SUBDOMAIN.sub("", host.lower().removesuffix("."), count=1))
