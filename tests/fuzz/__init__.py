"""Random statements against independent numerics."""
