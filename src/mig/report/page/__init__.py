"""What the page of the graph is made of: its markup, its style and its script."""
