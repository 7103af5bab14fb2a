"""Pages of the settings window, a module each. `loom_studio/dialogs/settings.py` lists them."""
