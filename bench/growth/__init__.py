"""What jobs cost as they grow, as they become many, and as collectors are added; and what a cluster would come to."""
