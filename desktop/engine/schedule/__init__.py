"""What is to run later: beat's entries, and tasks that wait for their time."""
