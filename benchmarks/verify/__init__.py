"""How fast a family is verified, alone, by many, and while a publication runs."""
