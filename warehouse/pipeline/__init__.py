"""From accepted deliveries to a published generation, in steps."""
