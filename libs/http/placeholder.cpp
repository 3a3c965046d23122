// Placeholder until the library has its first translation unit.
