"""The bundled downloads app: a URL in, a whole and checked file out."""
