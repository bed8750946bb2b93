"""A schema as the database reports it: read, fingerprinted and compared, object by object."""
