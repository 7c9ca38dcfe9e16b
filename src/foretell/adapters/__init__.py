"""Where the outside world is met; each heavy library has one home here."""
