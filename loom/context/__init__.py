"""The context that the model sees."""
