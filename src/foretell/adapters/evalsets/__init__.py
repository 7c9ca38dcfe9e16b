"""Eval sets as files in the user's repository, and the formats that they can be imported from."""
