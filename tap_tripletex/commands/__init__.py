"""What a person runs besides the tap."""
