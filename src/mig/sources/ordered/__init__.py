"""Sources whose migrations have a version and no parents: what stands before one is what its branch had."""
