"""The bundled tables; a folder setting replaces any of them."""
