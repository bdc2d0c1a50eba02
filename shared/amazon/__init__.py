"""Everything Asinflow knows about Amazon: marketplaces, ASINs, addresses and pages. Pure: no input or output here."""
