"""Side by side with what people use today, on one server, in one run."""
