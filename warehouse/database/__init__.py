"""The server, the way to it, and what stands in it: settings, migrations, rights."""
