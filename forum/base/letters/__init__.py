"""The outbox: every mail is a row first, and only the worker sends."""
