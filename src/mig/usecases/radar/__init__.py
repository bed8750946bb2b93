"""All open branches against the base and each other."""
