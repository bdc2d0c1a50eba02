"""The pace: how much of what is permitted is used, how punctually, and what a reservation costs."""
