"""The judge of gradients."""
