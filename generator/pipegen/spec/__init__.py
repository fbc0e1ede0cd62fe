"""The spec language: what a person may write, and nothing about what it means."""
