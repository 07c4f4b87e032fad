"""The web side beneath the pages: session cookie, token vault, download routes, security headers. No widgets."""
