"""Everything that talks to Git; nothing else in mig does."""
