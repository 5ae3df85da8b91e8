#!/opt/python/bin/python
"""A notebook runs as a script, and its cells see each other."""

import marimo

app = marimo.App()


@app.cell
def first():
    numbers = list(range(10))
    return (numbers,)


@app.cell
def second(numbers):
    total = sum(numbers)
    return (total,)


_, values = app.run()
assert values["total"] == 45, values
