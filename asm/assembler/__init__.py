"""From source text to a `Program`: grammar, macros, directives, expressions, encoding, layout."""
