"""Throwaway database servers for tests."""
