"""What is read of labs, machines and what occupies them."""
