"""Which source serves a marketplace: one object for all of them, made from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from shared.amazon.identifiers import Item
from shared.amazon.pages import Listing, Product
from shared.creators.source import creators_source
from shared.html_source import html_source
from shared.log import get_logger
from shared.mongo import Database
from shared.settings import FetchSettings
from shared.source import Source, Wanted

log = get_logger(__name__)


class Sources:
    """Implements `shared.source.Source`: asks the source of each marketplace, `usual` where there is no other."""

    def __init__(self, usual: Source, others: Mapping[str, Source]) -> None:
        self._usual = usual
        self._others = others

    async def product(self, item: Item, wanted: Wanted) -> Product:
        return await self._others.get(item.marketplace, self._usual).product(item, wanted)

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        return await self._others.get(marketplace, self._usual).listing(url, marketplace, wanted)


@asynccontextmanager
async def open_source(settings: FetchSettings, database: Database) -> AsyncIterator[Source]:
    """The configured sources with their connections."""
    by_api = [name for name in settings.marketplaces if settings.source_of(name) == "creators"]
    warn_of_nameless(settings)
    async with AsyncExitStack() as stack:
        source: Source = await stack.enter_async_context(html_source(settings, database))
        if by_api:
            creators = await stack.enter_async_context(creators_source(settings, database, by_api))
            source = Sources(source, dict.fromkeys(by_api, creators))
        yield source


def warn_of_nameless(settings: FetchSettings) -> None:
    """Say so when real marketplaces would be asked under a name that tells nobody whom to write to."""
    default = FetchSettings.model_fields["user_agent"].default
    if settings.upstream_url is None and settings.user_agent == default:
        log.warning("no_contact", advice="name yourself and a way to contact you in ASINFLOW_USER_AGENT")
