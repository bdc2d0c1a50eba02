"""HTTP routes, split by resource: they translate, and leave decisions to the modules beside them."""
