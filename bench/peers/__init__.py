"""What others would use in place of Asinflow, each as its own documentation says, in an environment of their own."""
