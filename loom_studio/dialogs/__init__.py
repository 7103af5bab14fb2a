"""Windows of their own: never executed, only opened, so that the loop goes on."""
