"""How tests/performance measures: the system under test, the peer, load, people, figures. rows/ says what is measured."""
