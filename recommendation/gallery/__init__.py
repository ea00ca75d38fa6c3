"""Contact sheets: pictures in rows as one PNG, with file name, licence and author under each."""
