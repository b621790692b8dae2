"""How fast deliveries are landed, against what else brings a file into PostgreSQL."""
