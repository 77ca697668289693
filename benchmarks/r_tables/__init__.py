"""Tables of R packages, which no default was chosen on."""
