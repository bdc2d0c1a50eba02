"""Text as pages print it, brought to one form: plain spaces, plain digits, no invisible marks."""

from __future__ import annotations

import unicodedata

# Direction marks, zero-width characters and soft hyphens, which Amazon strews through labels and prices.
_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
_ARABIC = dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,", strict=True))
# Vowel marks and stretching of Arabic, which the same word is written with and without.
_VOWELS = dict.fromkeys([0x640, *range(0x64B, 0x653), 0x670])
_PLAIN = str.maketrans(_ARABIC) | _VOWELS
_LABEL_END = " :：=·-–\t"


def clean(text: str) -> str:
    """`text` without invisible marks, its white space collapsed to single spaces."""
    return " ".join(text.translate(_INVISIBLE).split())


def plain(text: str) -> str:
    """`text` cleaned, full-width forms and Arabic digits and marks replaced by ASCII ones."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_PLAIN))
    return clean(folded)


def label(text: str) -> str:
    """A row's label folded for comparison: plain, lower case, without the colon that ends it."""
    return plain(text).strip(_LABEL_END).casefold()
