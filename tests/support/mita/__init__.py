"""What the suites with real processes share: a private cluster, the three services, a client that checks the contract, people."""
