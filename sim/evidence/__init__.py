"""What is known of collaborations, and how far the model agrees with it."""
