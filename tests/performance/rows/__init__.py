"""One module per kind of measurement; each has ROWS = {id: function(run) -> figures, as a list or one by one}."""
