"""Tools that write the generated parts of the documents; they are not part of the wheel."""
