"""User accounts of the ready-made server: login, sign-up, rate limits."""
