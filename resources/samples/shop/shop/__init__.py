"""A small shop: orders are worked on in the background, and confirmed by mail."""
