"""Reading a page: all of its fields, against the least that reading anything off it would cost."""
