"""How the models under tests/models are trained; see ../make."""
