"""Who may do what, from the day they come to the day they go."""
