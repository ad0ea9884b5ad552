"""What happens when hosts, racks or sites fail."""
