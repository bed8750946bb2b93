"""The source for Django: reads apps and their migrations without importing or running anything."""
