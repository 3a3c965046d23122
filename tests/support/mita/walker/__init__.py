"""A person who does anything anybody can do, in any order, and whose every number is known beforehand (mita.auditor)."""
from .walker import Walker

__all__ = ["Walker"]
