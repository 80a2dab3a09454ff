"""How many of everything there is. It counts in every room, so it stands above them all."""
