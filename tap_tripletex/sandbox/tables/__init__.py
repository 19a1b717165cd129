"""What a company has: its tables, typed by the model of the API."""
