"""The warehouse: configuration, embedded server, migrations, publishing and the command line."""
