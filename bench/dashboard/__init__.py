"""What the dashboard costs: how soon a large job is on the screen, and what an open tab asks of the API."""
