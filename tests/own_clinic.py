"""A clinic with maps of its own: its configuration."""

CONFIG = """
source = "own"
mappings = "mappings"

[clinic]
system = "https://own.example/kap"
namespace = "0a1b2c3d-0000-4000-8000-000000000000"
zone = "UTC"
"""
