"""The currencies in which pages show prices."""

from __future__ import annotations

# Codes of ISO 4217: those of the marketplaces, and those that visitors may have prices shown in.
_CODES = (
    "AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JOD JPY KES KRW KWD KZT LBP "
    "MAD MOP MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TND TRY TTD TWD UAH USD UYU VND "
    "ZAR"
)
CURRENCIES = frozenset(_CODES.split())
