"""The bureau's own folder: laid out, read, examined as a whole, and put in the place of the example's."""
