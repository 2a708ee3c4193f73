"""Golden vectors: inputs, cotangent, truth and error scale as data, for backends in any language."""
