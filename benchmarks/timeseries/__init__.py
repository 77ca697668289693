"""UCR time series: PaRe beside MiniRocket and warped neighbours, on the sets' own splits."""
