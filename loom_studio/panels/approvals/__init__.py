"""The Approvals tab: what waits, what is granted, what was decided."""
