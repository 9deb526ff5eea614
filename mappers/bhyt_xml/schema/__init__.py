"""What a QĐ 4750 claim looks like, as data: ``columns.csv`` and what is compiled from it."""
