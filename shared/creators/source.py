"""The source over the Creators API: products in groups, searches page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from shared.amazon.addresses import UnsupportedAddress, recognise
from shared.amazon.identifiers import Item
from shared.amazon.pages import Listing, Product
from shared.clock import SystemClock
from shared.creators.calls import Account, Body, Caller, Login
from shared.creators.groups import Groups
from shared.creators.regions import REGION_OF, Region
from shared.creators.searches import listing_of, search_of
from shared.errors import PermanentError
from shared.mongo import Database
from shared.pace import Pace
from shared.settings import FetchSettings, credential_fields
from shared.source import Wanted


class CreatorsSource:
    """Implements `shared.source.Source` for the marketplaces of its callers."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._callers = {caller.marketplace: caller for caller in callers}
        self._groups = {caller.marketplace: Groups(caller, SystemClock()) for caller in callers}

    async def product(self, item: Item, wanted: Wanted) -> Product:
        return await self._groups[item.marketplace].product(item.asin, wanted)

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        try:
            address = recognise(url, (marketplace,))
        except UnsupportedAddress as error:
            raise PermanentError(error.message, code=error.code) from error
        search = search_of(address)

        def body() -> Body | None:
            return search if wanted() else None

        try:
            answer = await self._callers[marketplace].call("searchItems", body)
        except PermanentError as error:
            if error.code == "not_found":  # nothing found, or no further page
                return Listing()
            raise
        return listing_of(answer, address, int(str(search["itemPage"])))

    async def close(self) -> None:
        for groups in self._groups.values():
            await groups.close()


@asynccontextmanager
async def creators_source(
    settings: FetchSettings, database: Database, marketplaces: Sequence[str]
) -> AsyncIterator[CreatorsSource]:
    """The source for `marketplaces`, whose credentials and whose library the settings have made sure of."""
    from amazon_creatorsapi.aio.client import AsyncHttpClient  # noqa: PLC0415  an extra that few installations have

    limits = settings.limits(settings.creators_interval_seconds)
    pace = Pace(database, limits, SystemClock())
    legs = (settings.connect_timeout_seconds, settings.fetch_timeout_seconds)
    async with AsyncHttpClient(host=settings.creators_url, timeout=legs) as client:
        call = partial(Caller, client=client, pace=pace, user_agent=settings.user_agent, timeout=sum(legs))
        source = CreatorsSource([call(account) for account in _accounts(settings, marketplaces)])
        try:
            yield source
        finally:
            await source.close()


def _accounts(settings: FetchSettings, marketplaces: Sequence[str]) -> list[Account]:
    """One account per marketplace; those of a region share its tokens."""
    tags = dict(settings.creators_tags)
    logins = {region: _login(settings, region) for region in {REGION_OF[marketplace] for marketplace in marketplaces}}
    return [Account(name, tags[name], logins[REGION_OF[name]]) for name in marketplaces]


def _login(settings: FetchSettings, region: Region) -> Login:
    from amazon_creatorsapi.aio.auth import AsyncOAuth2TokenManager  # noqa: PLC0415  an extra, as above
    from amazon_creatorsapi.core.oauth import build_authorization_header  # noqa: PLC0415
    from amazon_creatorsapi.errors import AuthenticationError  # noqa: PLC0415

    identity, secret, version = (getattr(settings, name) for name in credential_fields(region))
    legs = (settings.connect_timeout_seconds, settings.fetch_timeout_seconds)
    tokens = AsyncOAuth2TokenManager(identity, secret.get_secret_value(), version, settings.creators_token_url, legs)
    return Login(tokens, AuthenticationError, partial(build_authorization_header, version))
