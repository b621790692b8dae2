"""The build measured: what a day of news costs beside building everything."""
