"""How soon users see what happens, what the API can take, and what a thousand listeners cost."""
