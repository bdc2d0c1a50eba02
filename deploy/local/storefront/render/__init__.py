"""Turning facts into pages: one module per part of a page, plain functions from values to HTML text."""

from deploy.local.storefront.render.product import render_product

__all__ = ["render_product"]
