"""The rules, one function each: the docstring is the rule."""
