"""Request, response and context of one exchange, and the grammar that HTTP and Bundle entries share."""
