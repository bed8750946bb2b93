"""SQL as text: where its statements begin and end."""
