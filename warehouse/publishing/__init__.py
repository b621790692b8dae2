"""What readers see, what is news, and how long it is kept."""
