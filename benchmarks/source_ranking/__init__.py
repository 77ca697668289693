"""Whether OTDD foretells which source proxy PaRe scores best with."""
