"""What a scrape says, as numbers."""


def samples(text):
    """{'name{label="value"}': number} of the Prometheus text format 0.0.4."""
    out = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            out[name] = float(value)
    return out
