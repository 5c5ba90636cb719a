"""Everything that happens to bookings and machines, in the words members use."""
