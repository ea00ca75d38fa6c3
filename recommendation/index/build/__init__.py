"""From the tables to the objects of an index; nothing that a query needs."""
