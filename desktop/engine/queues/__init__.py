"""What waits in the broker, seen and acted upon: queues, their messages, their pace."""
