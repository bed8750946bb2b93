"""Both orders on a real database: what happens, what the schema and the rows are afterwards."""
