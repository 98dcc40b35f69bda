"""How the models under tests/golden/exported are trained; see ../../make."""
