"""The torch modules of the method; they know neither skorch nor scikit-learn."""
