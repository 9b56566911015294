"""README and the pages of docs/: words by hand, figures by queries into the committed results."""
