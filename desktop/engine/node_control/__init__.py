"""What a person asks of one worker, and tells it, while it runs."""
