"""Watches: what happens around an agent while it works, and what of it is worth telling.

`heartbeat.py` owns the watches and judges what they say; `monitors.py` is what every watch is. Nothing here imports
watchdog or psutil before something is watched.
"""
