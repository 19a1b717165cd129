"""From the text of an answer to a message of Singer."""
