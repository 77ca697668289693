"""The paper's claims beside their controls, on tables, images, sequences, fields and MiniLM."""
