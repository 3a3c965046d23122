"""One module per kind of measurement; each has ROWS = {id: function(run) -> [Figure]}."""
