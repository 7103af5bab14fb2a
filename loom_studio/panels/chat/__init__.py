"""The chat: transcript, approval card, composer."""
