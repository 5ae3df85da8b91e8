# Debian's reticulate is older than pandas 3, which gives its classes other names, texts another type, and lost a method.
# In R's process, these are as reticulate knows them.
setHook("reticulate::pandas::load", function(...) {
  reticulate::py_run_string("
import inspect
import warnings

import pandas

for each in vars(pandas).values():
    if inspect.isclass(each) and each.__module__ == 'pandas':
        methods = filter(inspect.isfunction, vars(each).values())
        each.__module__ = next((method.__module__ for method in methods), 'pandas')
if not hasattr(pandas.Index, 'format'):
    pandas.Index.format = lambda self: [str(label) for label in self]
with warnings.catch_warnings(action='ignore'):
    pandas.options.future.infer_string = False
", local = TRUE)
})
