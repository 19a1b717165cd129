"""What a request is answered with: views, filters, fields, paging and errors."""
