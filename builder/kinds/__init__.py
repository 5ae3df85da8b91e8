"""Kinds of artifact: what a layer may ask for, and what is done with it.

A kind is a module and a row in `builder.kinds.table`; what asks registries is a row of the same
name in `builder.resolve.kinds`.
"""
