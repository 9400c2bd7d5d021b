"""The command line: one short function per verb, rendering to text and JSON."""
