"""What a person does to tasks: revoke, terminate, run again, run by hand."""
