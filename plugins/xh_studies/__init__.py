"""The studies that come with xh, each a plugin of its own."""
