"""What may run: vetoes, policy, permissions, approvals, paths."""
