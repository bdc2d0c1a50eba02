"""The HTTP interface as a page for people, made of the OpenAPI document and served by the API itself."""
