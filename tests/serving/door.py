"""The token that the tests knock with."""

TOKEN = "a token for the tests"
OTHER_TOKEN = "the token of another client"
