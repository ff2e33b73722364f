"""From bytes back to text: instructions, memory, listings, and sources with the same bytes."""
