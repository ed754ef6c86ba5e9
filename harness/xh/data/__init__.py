"""Where rows and encoders lie: on this machine, in the Hub's cache, on the Hub. Light."""
