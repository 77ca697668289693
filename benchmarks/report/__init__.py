"""What a file of benchmark records shows: tables, paired comparisons, the paper's claims, plots."""
