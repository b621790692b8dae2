"""What invents and scores: nothing here is needed to run a warehouse."""
