"""Words of the generated pages, one module per language; a table of texts, no logic."""

from deploy.local.storefront.words import de, en, es, ja
from deploy.local.storefront.words.model import Department, Words

WORDS: dict[str, Words] = {"ja": ja.WORDS, "en": en.WORDS, "de": de.WORDS, "es": es.WORDS}

__all__ = ["WORDS", "Department", "Words"]
