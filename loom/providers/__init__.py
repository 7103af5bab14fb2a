"""Model providers: one module a provider, over its official SDK, imported on first use."""
