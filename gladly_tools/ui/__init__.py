"""What people see: the main script, the sign-in, the forms, the job panel and the result view."""
