"""The makers of the gateway's pages (services/gateway/pages), for tests that compare what they made with what is served."""
import importlib
import sys

from .service import ROOT

PAGES = ROOT / "services/gateway/pages"


def module(name):
    """One of the makers: codes, curl, fields, reference, assemble."""
    if str(PAGES) not in sys.path:
        sys.path.insert(0, str(PAGES))
    return importlib.import_module(name)


def reference():
    return module("reference").of_contract(ROOT / "proto-json")
