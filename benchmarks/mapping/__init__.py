"""What it costs that contracts map files to canonical records."""
