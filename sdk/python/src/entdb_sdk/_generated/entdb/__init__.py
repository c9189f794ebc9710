"""Made by scripts/generate.py from the protos; do not edit."""
