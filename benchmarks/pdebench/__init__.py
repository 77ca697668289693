"""PDEBench: fields to fields, from the official files or from files generated here."""
