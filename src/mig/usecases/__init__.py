"""What mig does: one module for each thing that a user asks for."""
