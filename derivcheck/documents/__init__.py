"""Course materials: the derivations inside LaTeX, Markdown and notebooks, as text in the notation of `.deriv` files with a map
back to the original positions."""
