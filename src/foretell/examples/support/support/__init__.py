"""The help assistant of Larkspur Outdoor, a shop that does not exist: an ordinary application, with no evals in it."""
