"""One word in wide and narrow characters, as Japanese shops mix them: ポケモン, ﾎﾟｹﾓﾝ; ABC, ＡＢＣ. Pure."""

from __future__ import annotations

import unicodedata

_ASCII = range(0x21, 0x7F)
_WIDE_OFFSET = 0xFEE0
_KANA = [chr(code) for code in range(0xFF61, 0xFFA0)]
_MARKS = "ﾞﾟ"
# What a narrow character, alone or with its mark, is in full width.
_NARROW: dict[str, str] = {
    wide: narrow
    for narrow in (*_KANA, *(kana + mark for kana in _KANA for mark in _MARKS))
    if len(wide := unicodedata.normalize("NFKC", narrow)) == 1
}
_TO_NARROW = str.maketrans(_NARROW)
_TO_WIDE = {code: code + _WIDE_OFFSET for code in _ASCII}


def usual(text: str) -> str:
    """Letters and digits narrow, kana wide (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def spellings(word: str) -> list[str]:
    """The word as it is, and each way of writing it throughout: usual, kana narrow, letters wide."""
    plain = usual(word)
    return list(dict.fromkeys((word, plain, plain.translate(_TO_NARROW), plain.translate(_TO_WIDE))))
