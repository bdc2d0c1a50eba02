"""Words of the generated pages, one module per language; a table of texts, no logic."""

from deploy.local.storefront.words import de, en, es, fr, it, ja, pt
from deploy.local.storefront.words.model import Department, Words

WORDS: dict[str, Words] = {module.WORDS.code: module.WORDS for module in (ja, en, de, es, fr, it, pt)}

__all__ = ["WORDS", "Department", "Words"]
