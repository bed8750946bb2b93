"""Turns results into what people and programs read; decides nothing."""
