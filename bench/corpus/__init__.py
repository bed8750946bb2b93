"""One migration history, and the layouts of several tools that it can be written in."""
