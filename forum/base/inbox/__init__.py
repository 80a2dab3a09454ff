"""Mail that comes in: kept once, read by whoever knows its kind, and shown to the secretariat when nobody does."""
