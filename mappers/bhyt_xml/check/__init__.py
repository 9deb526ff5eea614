"""Rules between the columns of a row, the rows of a table and the tables of a visit. They warn; they change nothing."""
