"""The building blocks of the window's pages."""
