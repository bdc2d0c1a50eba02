"""How quickly the API answers what people ask of 100,000 products and of a job that large."""
