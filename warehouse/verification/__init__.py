"""Questions of the approval system: authorizations, batches, the log of answers."""
