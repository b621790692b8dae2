"""Backups: a copy of the whole server and every change since, sealed, elsewhere; and the way back."""
