"""The pages of labs, machines and bookings."""
