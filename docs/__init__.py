"""What makes the site and its pictures; the pages themselves stand beside it."""
