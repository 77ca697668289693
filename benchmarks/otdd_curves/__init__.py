"""How far a mixed modality is from source and target along k: the figure 1b of the paper."""
