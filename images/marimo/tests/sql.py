#!/opt/python/bin/python
"""SQL cells run on a data frame, and a chart of it can be drawn."""

import marimo

app = marimo.App()

with app.setup:
    import altair as alt
    import marimo as mo
    import pandas as pd

    people = pd.DataFrame({"name": ["Ada", "Grace"], "born": [1815, 1906]})


@app.cell
def query():
    answer = mo.sql("select name from people where born > 1900", output=False)
    drawn = alt.Chart(people).mark_bar().encode(x="name", y="born").to_dict()
    return answer, drawn


_, values = app.run()
assert list(values["answer"]["name"]) == ["Grace"], values["answer"]
assert values["drawn"]["mark"]["type"] == "bar", values["drawn"]
