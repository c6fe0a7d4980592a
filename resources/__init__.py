"""What the outside world is reached through: object store, lake, books, policy file, settings.

What belongs here: reading and writing. What does not: accounting (`revrec`), what is computed when (`assets`).
"""
